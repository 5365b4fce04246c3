// Equality and hash by structure, of attributes and of the functions that may be among them.
//
// Functions may share bodies, and these others again: each body, or pair of bodies, is looked at once, or the work
// would double with every level on which two loops have the same body.
#include <algorithm>
#include <bit>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "graph/ir/attribute.h"
#include "graph/ir/graph.h"

namespace weft {
namespace {

bool SameBits(double a, double b) { return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b); }

size_t HashTensor(const Tensor& t) {
  absl::string_view bytes(static_cast<const char*>(t.raw()), static_cast<size_t>(t.num_bytes()));
  return absl::HashOf(t.dtype(), t.dims(), bytes);
}

// One comparison. It ends with the first difference, so what it remembers is what was equal.
class Comparison {
 public:
  bool Equal(const Graph& a, const Graph& b) {
    if (&a == &b || equal_.contains({&a, &b})) return true;
    if (!EqualAnew(a, b)) return false;
    equal_.insert({&a, &b});
    return true;
  }

  bool Equal(const AttrMap& a, const AttrMap& b) {
    return std::equal(a.entries().begin(), a.entries().end(), b.entries().begin(), b.entries().end(),
                      [this](const AttrMap::Entry& x, const AttrMap::Entry& y) {
                        return x.first == y.first && Equal(x.second, y.second);
                      });
  }

  bool Equal(const AttrValue& a, const AttrValue& b) {
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
        return x == y || (x != nullptr && y != nullptr && Equal(*x, *y));
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

 private:
  bool EqualAnew(const Graph& a, const Graph& b) {
    if (a.num_nodes() != b.num_nodes() || a.num_values() != b.num_values() || a.inputs() != b.inputs()) return false;
    auto same_output = [](const Graph::Output& x, const Graph::Output& y) {
      return x.name == y.name && x.value == y.value;
    };
    auto same_update = [](const Graph::Update& x, const Graph::Update& y) {
      return x.variable == y.variable && x.value == y.value;
    };
    if (!std::equal(a.outputs().begin(), a.outputs().end(), b.outputs().begin(), b.outputs().end(), same_output) ||
        !std::equal(a.updates().begin(), a.updates().end(), b.updates().begin(), b.updates().end(), same_update)) {
      return false;
    }
    for (int i = 0; i < a.num_nodes(); ++i) {
      const Node &x = a.node(i), &y = b.node(i);
      if (x.op->name != y.op->name || x.op->version != y.op->version || x.inputs != y.inputs ||
          x.num_outputs != y.num_outputs || (x.attrs != y.attrs && !Equal(*x.attrs, *y.attrs))) {
        return false;
      }
    }
    for (int i = 0; i < a.num_values(); ++i) {
      if (a.type(i) != b.type(i)) return false;
    }
    return true;
  }

  absl::flat_hash_set<std::pair<const Graph*, const Graph*>> equal_;
};

class Hasher {
 public:
  size_t Hash(const Graph& graph) {
    if (const auto known = hashes_.find(&graph); known != hashes_.end()) return known->second;
    size_t hash = absl::HashOf(graph.nodes().size(), static_cast<size_t>(graph.num_values()));
    for (const Node& node : graph.nodes()) {
      hash = absl::HashOf(hash, node.op->name, node.op->version, Hash(*node.attrs), node.inputs);
    }
    for (const Graph::Output& output : graph.outputs()) hash = absl::HashOf(hash, output.name, output.value);
    for (const Graph::Update& update : graph.updates()) hash = absl::HashOf(hash, update.variable, update.value);
    hashes_.emplace(&graph, hash);
    return hash;
  }

  size_t Hash(const AttrMap& attrs) {
    size_t hash = attrs.entries().size();
    for (const AttrMap::Entry& entry : attrs.entries()) hash = absl::HashOf(hash, entry.first, Hash(entry.second));
    return hash;
  }

  size_t Hash(const AttrValue& value) {
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
        return absl::HashOf(10, graph == nullptr ? size_t{0} : Hash(*graph));
      }
    }
    return 0;
  }

 private:
  absl::flat_hash_map<const Graph*, size_t> hashes_;
};

}  // namespace

bool AttrEqual(const AttrValue& a, const AttrValue& b) { return Comparison().Equal(a, b); }
size_t AttrHash(const AttrValue& value) { return Hasher().Hash(value); }

bool operator==(const AttrMap& a, const AttrMap& b) { return Comparison().Equal(a, b); }
size_t AttrMap::Hash() const { return Hasher().Hash(*this); }

bool StructurallyEqual(const Graph& a, const Graph& b) { return Comparison().Equal(a, b); }
size_t Graph::StructuralHash() const { return Hasher().Hash(*this); }

}  // namespace weft
