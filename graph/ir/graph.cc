#include "graph/ir/graph.h"

#include <algorithm>

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
