// Where a Reflector puts what it receives, and the receiver of objects that are kept as values.
//
// Owned by one thread. Internal to the folder.
#pragma once

#include <boost/json/fwd.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "kubernetes/decode.h"

namespace kubernetes {

// May take what it likes from an object.
class Receiver {
 public:
  virtual ~Receiver() = default;

  virtual void begin() = 0;  // a whole list follows, which replaces what is there at commit()
  virtual void item(boost::json::object& object) = 0;
  virtual void commit() = 0;
  virtual void put(boost::json::object& object) = 0;  // new or changed
  virtual void remove(const boost::json::object& object) = 0;
};

// Hands on each object that differs from the one that is known.
template <typename T>
class ObjectReceiver : public Receiver {
 public:
  struct Target {
    // Nothing is returned for an object that doesn't count: as if it weren't there.
    std::function<std::optional<T>(const Key&, boost::json::object&)> decode;
    // Sets what is known of one object; returns whether that changes anything.
    std::function<bool(const Key&, std::optional<T>)> set;
    // Called after a change, and after each whole list.
    std::function<void()> changed;
  };

  // `known` is what `set` has set.
  ObjectReceiver(const std::map<Key, T>& known, Target target)
      : known_(known), target_(std::move(target)) {}

  void begin() override { next_.clear(); }
  void item(boost::json::object& object) override {
    Key key = decode_key(object);
    if (auto value = target_.decode(key, object)) {
      next_.insert_or_assign(std::move(key), std::move(*value));
    }
  }
  void commit() override {
    auto next = std::exchange(next_, {});
    for (auto at = known_.begin(); at != known_.end();) {
      const Key key = (at++)->first;  // the entry may go
      if (!next.contains(key)) target_.set(key, std::nullopt);
    }
    for (auto& [key, value] : next) target_.set(key, std::move(value));
    target_.changed();
  }
  void put(boost::json::object& object) override {
    const Key key = decode_key(object);
    if (target_.set(key, target_.decode(key, object))) target_.changed();
  }
  void remove(const boost::json::object& object) override {
    if (target_.set(decode_key(object), std::nullopt)) target_.changed();
  }

 private:
  const std::map<Key, T>& known_;
  const Target target_;
  std::map<Key, T> next_;  // of the list that is being received
};

}  // namespace kubernetes
