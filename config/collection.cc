#include "config/collection.h"

#include <algorithm>
#include <cassert>
#include <set>

namespace config {
namespace {

using Sort = ResourceRef::Sort;

void append(mesh::Diagnostics& to, const mesh::Diagnostics& more) {
  to.insert(to.end(), more.begin(), more.end());
}

// What makes two resources one and the same, in words.
std::string name_of(const mesh::Service& service) {
  return mesh::to_string(service.id());
}
std::string name_of(const mesh::HostnameGenerator& generator) {
  return "HostnameGenerator " + generator.meta.core_name();
}
std::string name_of(const mesh::Dataplane& dataplane) {
  return "Dataplane " + dataplane.meta.core_name() + " of mesh " + dataplane.meta.mesh;
}

bool has_error(const LoadedFile& file) {
  return mesh::has_errors(file.diagnostics) ||
         std::ranges::any_of(file.others, [](const OtherDocument& other) {
           return mesh::has_errors(other.diagnostics);
         });
}

}  // namespace

template <typename F>
auto Collection::visit(ResourceRef ref, F f) {
  assert(ref.sort() != Sort::Other);
  if (ref.sort() == Sort::Service) return f(services_);
  return ref.sort() == Sort::Generator ? f(generators_) : f(dataplanes_);
}

// Those of the documents, in their order, and then the last good ones.
template <typename F>
void Collection::for_each_ref(const LoadedFile& file, F f) {
  for (const LoadedDocument& document : file.documents) {
    if (document.content.sort() != Sort::Other) {
      f(document.content);
    } else if (!document.content.empty()) {
      for (const ResourceRef ref : file.others[document.content.index()].resources) f(ref);
    }
  }
  for (const ResourceRef ref : file.last_good) f(ref);
}

// Makes the LoadedFile of a NewFile, out of what the file was before where that is the same.
class Collection::Adoption {
 public:
  Adoption(Collection& collection, LoadedFile& before, const NewFile& now)
      : collection_(collection), before_(before), now_(now) {
    after_.key = before.key;
    after_.number = before.number;
    after_.stat = now.stat;
    after_.diagnostics = now.diagnostics;
  }

  LoadedFile run() {
    after_.documents.reserve(now_.documents.size());
    for (const NewDocument& document : now_.documents) add(document);
    if (has_error(after_)) keep_last_good();
    for_each_ref(before_, [&](ResourceRef ref) {
      collection_.visit(ref, [&](auto& distinct) { distinct.release(ref.index()); });
    });
    return std::move(after_);
  }

 private:
  void add(const NewDocument& document) {
    LoadedDocument loaded{document.digest, document.text.line, {}};
    if (document.same == NewDocument::kNone) {
      put(loaded, document.parsed);
    } else {
      LoadedDocument& before = before_.documents[document.same];
      const std::int64_t lines = std::int64_t{loaded.line} - before.line;
      lines == 0 ? carry(loaded, before) : put(loaded, moved(contents(before), lines));
    }
    after_.documents.push_back(loaded);
  }

  void put(LoadedDocument& loaded, const Document& document) {
    std::vector<ResourceRef> refs;
    hold(collection_.services_, Sort::Service, document.services, refs);
    hold(collection_.generators_, Sort::Generator, document.generators, refs);
    hold(collection_.dataplanes_, Sort::Dataplane, document.dataplanes, refs);
    if (refs.size() == 1 && document.diagnostics.empty()) {
      loaded.content = refs.front();
    } else {
      put_other(loaded, {std::move(refs), document.diagnostics});
    }
  }
  void put_other(LoadedDocument& loaded, OtherDocument other) {
    if (other.resources.empty() && other.diagnostics.empty()) return;
    loaded.content = {Sort::Other, after_.others.size()};
    after_.others.push_back(std::move(other));
  }

  template <typename T>
  void hold(Distinct<T>& distinct, Sort sort, const std::vector<std::shared_ptr<const T>>& all,
            std::vector<ResourceRef>& refs) {
    for (const auto& resource : all) {
      refs.emplace_back(sort, distinct.hold(resource, after_.number, false));
    }
  }

  // The document is as it was; what it holds passes on.
  void carry(LoadedDocument& loaded, LoadedDocument& before) {
    if (const OtherDocument* other = other_of(before)) {
      put_other(loaded, *other);
      before.content = {};
      return;
    }
    loaded.content = std::exchange(before.content, {});
  }

  // Null if it has just one resource, or nothing.
  const OtherDocument* other_of(const LoadedDocument& loaded) const {
    const bool other = loaded.content.sort() == Sort::Other && !loaded.content.empty();
    return other ? &before_.others[loaded.content.index()] : nullptr;
  }

  Document contents(const LoadedDocument& loaded) const {
    Document document;
    if (const OtherDocument* other = other_of(loaded)) {
      for (const ResourceRef ref : other->resources) add_to(document, ref);
      document.diagnostics = other->diagnostics;
    } else {
      add_to(document, loaded.content);
    }
    return document;
  }
  void add_to(Document& document, ResourceRef ref) const {
    switch (ref.sort()) {
      case Sort::Service:
        return document.services.push_back(collection_.services_.resource(ref.index()));
      case Sort::Generator:
        return document.generators.push_back(collection_.generators_.resource(ref.index()));
      case Sort::Dataplane:
        return document.dataplanes.push_back(collection_.dataplanes_.resource(ref.index()));
      case Sort::Other:
        return;
    }
  }

  // Keeps what the file had and lacks now because of an error.
  void keep_last_good() {
    std::set<std::string> there;
    for_each_ref(after_, [&](ResourceRef ref) { there.insert(name(ref)); });
    for_each_ref(before_, [&](ResourceRef ref) {
      const std::string known = name(ref);
      if (!there.insert(known).second) return;
      after_.last_good.push_back(held_again(ref));
      after_.diagnostics.push_back(
          {mesh::Severity::Warning,
           {now_.name, 0, 0},
           "",
           "the last good version of " + known + " is still served, since the file has errors"});
    });
  }

  std::string name(ResourceRef ref) const {
    return collection_.visit(
        ref, [&](auto& distinct) { return name_of(*distinct.resource(ref.index())); });
  }
  ResourceRef held_again(ResourceRef ref) {
    return collection_.visit(ref, [&](auto& distinct) {
      auto resource = distinct.resource(ref.index());
      return ResourceRef(ref.sort(), distinct.hold(std::move(resource), after_.number, true));
    });
  }

  Collection& collection_;
  LoadedFile& before_;
  const NewFile& now_;
  LoadedFile after_;
};

const LoadedFile* Collection::find(const std::string& key) const {
  const auto file = files_.find(key);
  return file == files_.end() ? nullptr : &file->second;
}

LoadedFile& Collection::file_at(const std::string& key) {
  const auto [place, is_new] = files_.try_emplace(key);
  LoadedFile& file = place->second;
  if (!is_new) return file;
  file.key = &place->first;
  if (free_numbers_.empty()) {
    file.number = static_cast<std::uint32_t>(keys_.size());
    keys_.push_back(file.key);
  } else {
    file.number = free_numbers_.back();
    free_numbers_.pop_back();
    keys_[file.number] = file.key;
  }
  return file;
}

void Collection::adopt(const NewFile& now) {
  LoadedFile& file = file_at(now.key);
  if (file.counts) withdraw(file);
  leave_inode(file);
  file = Adoption(*this, file, now).run();
  enter_inode(file);
}

void Collection::drop(const std::string& key) {
  const auto place = files_.find(key);
  if (place == files_.end()) return;
  LoadedFile& file = place->second;
  if (file.counts) withdraw(file);
  leave_inode(file);
  for_each_ref(file, [&](ResourceRef ref) {
    visit(ref, [&](auto& distinct) { distinct.release(ref.index()); });
  });
  // Its path still orders what counted before the change.
  dropped_.push_back(files_.extract(place));
}

void Collection::set_counts(LoadedFile& file, bool counts) {
  for_each_ref(file, [&](ResourceRef ref) {
    visit(ref, [&](auto& distinct) { distinct.count(ref.index(), counts); });
  });
  if (file.counts == counts) return;
  file.counts = counts;
  counts ? contribute(file) : withdraw(file);
}

void Collection::enter_inode(LoadedFile& file) {
  if (!file.stat) return set_counts(file, true);
  const Inode inode(file.stat->device, file.stat->inode);
  inodes_.emplace(inode, &file);
  set_counts(file, is_first(file));
  recount(inode);
}

// Those that led to the same file may count now.
void Collection::leave_inode(LoadedFile& file) {
  if (!file.stat) return;
  const Inode inode(file.stat->device, file.stat->inode);
  const auto [first, last] = inodes_.equal_range(inode);
  const auto entry = std::find_if(first, last, [&](const auto& e) { return e.second == &file; });
  if (entry == last) return;
  inodes_.erase(entry);
  recount(inode);
}

bool Collection::is_first(const LoadedFile& file) const {
  const auto [first, last] = inodes_.equal_range({file.stat->device, file.stat->inode});
  return std::all_of(first, last, [&](const auto& e) { return *file.key <= *e.second->key; });
}

void Collection::recount(const Inode& inode) {
  const auto [first, last] = inodes_.equal_range(inode);
  for (auto entry = first; entry != last; ++entry) {
    LoadedFile& file = *entry->second;
    if (file.counts != is_first(file)) set_counts(file, !file.counts);
  }
}

void Collection::contribute(const LoadedFile& file) {
  ++counting_files_;
  documents_ += file.documents.size();
  append(diagnostics_.added, file.diagnostics);
  for (const OtherDocument& other : file.others) append(diagnostics_.added, other.diagnostics);
}

void Collection::withdraw(const LoadedFile& file) {
  --counting_files_;
  documents_ -= file.documents.size();
  append(diagnostics_.removed, file.diagnostics);
  for (const OtherDocument& other : file.others) append(diagnostics_.removed, other.diagnostics);
}

Collection::Change Collection::finish() {
  Change change;
  services_.finish(change.resources.services, diagnostics_);
  generators_.finish(change.resources.generators, diagnostics_);
  dataplanes_.finish(change.resources.dataplanes, diagnostics_);
  change.diagnostics = std::exchange(diagnostics_, {});
  for (const auto& file : dropped_) free_numbers_.push_back(file.mapped().number);
  dropped_.clear();
  return change;
}

mesh::Resources Collection::resources() const {
  return {services_.sorted(), generators_.sorted(), dataplanes_.sorted()};
}

std::size_t Collection::kept() const {
  return services_.kept() + generators_.kept() + dataplanes_.kept();
}

}  // namespace config
