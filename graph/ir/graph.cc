#include "graph/ir/graph.h"

#include <algorithm>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace weft {

std::string Origin::ToString() const {
  if (from.empty()) {
    std::string place = file.empty() ? "" : absl::StrCat(file, ":", line);
    if (layer.empty()) return place;
    return place.empty() ? layer : absl::StrCat(layer, " (", place, ")");
  }
  // The leaves of the tree, each once, the first few of them. The tree is shared and may be deep: an explicit stack.
  constexpr size_t kMost = 4;
  std::vector<std::string> leaves;
  std::vector<const Origin*> stack = {this}, seen;
  bool more = false;
  while (!stack.empty()) {
    const Origin* origin = stack.back();
    stack.pop_back();
    if (std::find(seen.begin(), seen.end(), origin) != seen.end()) continue;
    if (seen.size() == 64) {
      more = true;
      break;
    }
    seen.push_back(origin);
    if (origin->from.empty()) {
      std::string text = origin->ToString();
      if (text.empty() || std::find(leaves.begin(), leaves.end(), text) != leaves.end()) continue;
      if (leaves.size() == kMost) {
        more = true;
        break;
      }
      leaves.push_back(std::move(text));
    }
    for (auto it = origin->from.rbegin(); it != origin->from.rend(); ++it) {
      if (*it != nullptr) stack.push_back(it->get());
    }
  }
  if (more) leaves.push_back("...");
  return absl::StrJoin(leaves, ", ");
}

bool StructurallyEqual(const Graph& a, const Graph& b) {
  if (&a == &b) return true;
  if (a.num_nodes() != b.num_nodes() || a.num_values() != b.num_values() || a.inputs_ != b.inputs_) return false;
  auto same_output = [](const Graph::Output& x, const Graph::Output& y) {
    return x.name == y.name && x.value == y.value;
  };
  auto same_update = [](const Graph::Update& x, const Graph::Update& y) {
    return x.variable == y.variable && x.value == y.value;
  };
  if (!std::equal(a.outputs_.begin(), a.outputs_.end(), b.outputs_.begin(), b.outputs_.end(), same_output) ||
      !std::equal(a.updates_.begin(), a.updates_.end(), b.updates_.begin(), b.updates_.end(), same_update)) {
    return false;
  }
  for (int i = 0; i < a.num_nodes(); ++i) {
    const Node &x = a.nodes_[i], &y = b.nodes_[i];
    if (x.op->name != y.op->name || x.op->version != y.op->version || x.inputs != y.inputs ||
        x.num_outputs != y.num_outputs || (x.attrs != y.attrs && !(*x.attrs == *y.attrs))) {
      return false;
    }
  }
  for (int i = 0; i < a.num_values(); ++i) {
    if (a.values_[i].type != b.values_[i].type) return false;
  }
  return true;
}

size_t Graph::StructuralHash() const {
  size_t hash = absl::HashOf(nodes_.size(), values_.size());
  for (const Node& node : nodes_) {
    hash = absl::HashOf(hash, node.op->name, node.op->version, node.attrs->Hash(), node.inputs);
  }
  for (const Output& output : outputs_) hash = absl::HashOf(hash, output.name, output.value);
  for (const Update& update : updates_) hash = absl::HashOf(hash, update.variable, update.value);
  return hash;
}

std::vector<absl::InlinedVector<NodeId, 2>> Readers(const Graph& graph) {
  std::vector<absl::InlinedVector<NodeId, 2>> readers(graph.num_values());
  for (NodeId id = 0; id < graph.num_nodes(); ++id) {
    for (ValueId value : graph.node(id).inputs) {
      if (readers[value].empty() || readers[value].back() != id) readers[value].push_back(id);
    }
  }
  return readers;
}

}  // namespace weft
