#include "graph/ir/attribute.h"

#include <algorithm>

namespace weft {
absl::string_view Name(AttrKind kind) {
  static constexpr absl::string_view kNames[] = {"bool",  "int",   "float", "string", "ints",    "floats",
                                                 "dtype", "shape", "type",  "tensor", "function"};
  return kNames[static_cast<size_t>(kind)];
}

AttrMap::AttrMap(std::initializer_list<Entry> entries) : AttrMap(std::vector<Entry>(entries)) {}

AttrMap::AttrMap(std::vector<Entry> entries) : entries_(std::move(entries)) {
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.first < b.first; });
  // Of equal names the last stays.
  auto last = std::unique(entries_.rbegin(), entries_.rend(),
                          [](const Entry& a, const Entry& b) { return a.first == b.first; });
  entries_.erase(entries_.begin(), last.base());
}

const AttrValue* AttrMap::Find(absl::string_view name) const {
  // Nodes have a handful of attributes: a walk beats a search.
  for (const Entry& entry : entries_) {
    if (entry.first == name) return &entry.second;
  }
  return nullptr;
}

AttrMap AttrMap::With(absl::string_view name, AttrValue value) const {
  std::vector<Entry> entries = entries_;
  entries.emplace_back(std::string(name), std::move(value));
  return AttrMap(std::move(entries));
}

}  // namespace weft
