// Whatever an API server answers: objects are decoded and MeshServices made of them.
#include <boost/json.hpp>
#include <cstdint>
#include <string_view>

#include "kubernetes/decode.h"
#include "kubernetes/generate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  boost::system::error_code error;
  const auto value = boost::json::parse({reinterpret_cast<const char*>(data), size}, error);
  const boost::json::object* object = error ? nullptr : value.if_object();
  if (object == nullptr) return 0;
  kubernetes::Cluster cluster;
  const kubernetes::Key key = kubernetes::decode_key(*object);
  cluster.services[key] = kubernetes::decode_service(*object);
  cluster.slices[key] = kubernetes::decode_slice(*object);
  cluster.slices[key].service = key.name;
  cluster.pods[key] = kubernetes::decode_pod(*object);
  cluster.namespaces[{"", key.name_space}] = kubernetes::decode_namespace(*object);
  kubernetes::decode_definition(*object);
  kubernetes::generate(cluster, config::FromServices::Injected,
                       {"default", "default", "kubernetes"});
  return 0;
}
