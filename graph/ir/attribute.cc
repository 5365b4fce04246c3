#include "graph/ir/attribute.h"

#include <algorithm>
#include <bit>

#include "absl/hash/hash.h"
#include "graph/ir/graph.h"

namespace weft {
namespace {

bool SameBits(double a, double b) { return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b); }

size_t HashTensor(const Tensor& t) {
  absl::string_view bytes(static_cast<const char*>(t.raw()), static_cast<size_t>(t.num_bytes()));
  return absl::HashOf(t.dtype(), t.dims(), bytes);
}

}  // namespace

absl::string_view Name(AttrKind kind) {
  static constexpr absl::string_view kNames[] = {"bool",  "int",   "float", "string", "ints",    "floats",
                                                 "dtype", "shape", "type",  "tensor", "function"};
  return kNames[static_cast<size_t>(kind)];
}

bool AttrEqual(const AttrValue& a, const AttrValue& b) {
  if (a.index() != b.index()) return false;
  switch (KindOf(a)) {
    case AttrKind::kFloat:
      return SameBits(std::get<double>(a), std::get<double>(b));
    case AttrKind::kFloats: {
      const auto &x = std::get<std::vector<double>>(a), &y = std::get<std::vector<double>>(b);
      return std::equal(x.begin(), x.end(), y.begin(), y.end(), SameBits);
    }
    case AttrKind::kTensor:
      return BitEqual(std::get<Tensor>(a), std::get<Tensor>(b));
    case AttrKind::kFunction: {
      const GraphPtr &x = std::get<GraphPtr>(a), &y = std::get<GraphPtr>(b);
      return x == y || (x != nullptr && y != nullptr && StructurallyEqual(*x, *y));
    }
    case AttrKind::kBool:
      return std::get<bool>(a) == std::get<bool>(b);
    case AttrKind::kInt:
      return std::get<int64_t>(a) == std::get<int64_t>(b);
    case AttrKind::kString:
      return std::get<std::string>(a) == std::get<std::string>(b);
    case AttrKind::kInts:
      return std::get<std::vector<int64_t>>(a) == std::get<std::vector<int64_t>>(b);
    case AttrKind::kDType:
      return std::get<DType>(a) == std::get<DType>(b);
    case AttrKind::kShape:
      return std::get<Shape>(a) == std::get<Shape>(b);
    case AttrKind::kType:
      return std::get<TensorType>(a) == std::get<TensorType>(b);
  }
  return false;
}

size_t AttrHash(const AttrValue& value) {
  switch (KindOf(value)) {
    case AttrKind::kBool:
      return absl::HashOf(0, std::get<bool>(value));
    case AttrKind::kInt:
      return absl::HashOf(1, std::get<int64_t>(value));
    case AttrKind::kFloat:
      return absl::HashOf(2, std::bit_cast<uint64_t>(std::get<double>(value)));
    case AttrKind::kString:
      return absl::HashOf(3, std::get<std::string>(value));
    case AttrKind::kInts:
      return absl::HashOf(4, std::get<std::vector<int64_t>>(value));
    case AttrKind::kFloats: {
      size_t hash = 5;
      for (double d : std::get<std::vector<double>>(value)) hash = absl::HashOf(hash, std::bit_cast<uint64_t>(d));
      return hash;
    }
    case AttrKind::kDType:
      return absl::HashOf(6, std::get<DType>(value));
    case AttrKind::kShape:
      return absl::HashOf(7, std::get<Shape>(value));
    case AttrKind::kType:
      return absl::HashOf(8, std::get<TensorType>(value));
    case AttrKind::kTensor:
      return absl::HashOf(9, HashTensor(std::get<Tensor>(value)));
    case AttrKind::kFunction: {
      const GraphPtr& graph = std::get<GraphPtr>(value);
      return absl::HashOf(10, graph == nullptr ? size_t{0} : graph->StructuralHash());
    }
  }
  return 0;
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

bool operator==(const AttrMap& a, const AttrMap& b) {
  return std::equal(a.entries_.begin(), a.entries_.end(), b.entries_.begin(), b.entries_.end(),
                    [](const AttrMap::Entry& x, const AttrMap::Entry& y) {
                      return x.first == y.first && AttrEqual(x.second, y.second);
                    });
}

size_t AttrMap::Hash() const {
  size_t hash = entries_.size();
  for (const Entry& entry : entries_) hash = absl::HashOf(hash, entry.first, AttrHash(entry.second));
  return hash;
}

}  // namespace weft
