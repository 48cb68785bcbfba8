#include "kubernetes/store.h"

#include <boost/json.hpp>

namespace kubernetes {
namespace {

namespace json = boost::json;

// The resources of a broken document are those of its last good version.
void keep_good(const config::Document& before, config::Document& document) {
  if (!mesh::has_errors(document.diagnostics)) return;
  document.services = before.services;
  document.generators = before.generators;
}

}  // namespace

DocumentStore::DocumentStore(std::string kind, config::LoaderSettings settings,
                             std::function<void()> changed)
    : kind_(std::move(kind)), settings_(std::move(settings)), changed_(std::move(changed)) {}

DocumentStore::Resource DocumentStore::decode(const Key& key, json::object& object) const {
  // Items of a list may come without these.
  object["apiVersion"] = "kuma.io/v1alpha1";
  object["kind"] = kind_;
  if (json::object* meta = object["metadata"].if_object()) meta->erase("managedFields");
  const config::Source source{std::make_shared<const std::string>(kind_ + ' ' + to_string(key)), 1};
  Resource resource{parse_document(json::serialize(object), source, settings_),
                    std::string(text_at(object, "metadata.uid")),
                    status_text(object.if_contains("status"))};
  if (const auto known = resources_.find(key); known != resources_.end()) {
    keep_good(known->second.document, resource.document);
  }
  return resource;
}

void DocumentStore::item(json::object& object) {
  const Key key = decode_key(object);
  next_.insert_or_assign(key, decode(key, object));
}

void DocumentStore::commit() {
  resources_ = std::exchange(next_, {});
  changed_();
}

void DocumentStore::put(json::object& object) {
  const Key key = decode_key(object);
  resources_.insert_or_assign(key, decode(key, object));
  changed_();
}

void DocumentStore::remove(const json::object& object) {
  if (resources_.erase(decode_key(object)) != 0) changed_();
}

}  // namespace kubernetes
