// Where a Reflector puts what it receives: objects as values, or Kuma's resources as documents.
//
// Owned by one thread. Internal to the folder.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "config/document.h"
#include "kubernetes/decode.h"
#include "kubernetes/reflector.h"

namespace kubernetes {

// Keeps T's in a map that others read. What `wanted` refuses is treated as if it weren't there.
template <typename T>
class ObjectStore : public Receiver {
 public:
  using Decode = T (*)(const boost::json::object&);
  using Wanted = bool (*)(const T&);

  ObjectStore(std::map<Key, T>& objects, Decode decode, Wanted wanted,
              std::function<void()> changed)
      : objects_(objects), decode_(decode), wanted_(wanted), changed_(std::move(changed)) {}

  void begin() override { next_.clear(); }
  void item(boost::json::object& object) override {
    T value = decode_(object);
    if (wanted_(value)) next_.insert_or_assign(decode_key(object), std::move(value));
  }
  void commit() override {
    objects_ = std::exchange(next_, {});
    changed_();
  }
  void put(boost::json::object& object) override {
    T value = decode_(object);
    if (!wanted_(value)) return remove(object);
    const auto [place, added] = objects_.try_emplace(decode_key(object));
    if (!added && place->second == value) return;
    place->second = std::move(value);
    changed_();
  }
  void remove(const boost::json::object& object) override {
    if (objects_.erase(decode_key(object)) != 0) changed_();
  }

 private:
  std::map<Key, T>& objects_;
  std::map<Key, T> next_;  // of the list that is being received
  const Decode decode_;
  const Wanted wanted_;
  const std::function<void()> changed_;
};

// Custom resources, each decoded as a document of a file would be. One that is broken keeps its
// last good version.
class DocumentStore : public Receiver {
 public:
  // `kind` as in "MeshService".
  DocumentStore(std::string kind, config::LoaderSettings settings, std::function<void()> changed);

  void begin() override { next_.clear(); }
  void item(boost::json::object& object) override;
  void commit() override;
  void put(boost::json::object& object) override;
  void remove(const boost::json::object& object) override;

  // One resource as the API server has it.
  struct Resource {
    config::Document document;
    std::string uid;
    std::string status;  // status_text()
  };
  const std::map<Key, Resource>& resources() const { return resources_; }

 private:
  Resource decode(const Key& key, boost::json::object& object) const;

  const std::string kind_;
  const config::LoaderSettings settings_;
  const std::function<void()> changed_;
  std::map<Key, Resource> resources_;
  std::map<Key, Resource> next_;
};

}  // namespace kubernetes
