#include "graph/text/value_names.h"

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace weft {
namespace {

constexpr size_t kLongest = 64;

std::string BaseName(const Node& node) {
  const bool named = IsInput(node) || IsVariable(node);
  std::string base = (named ? node.attrs->String("name") : node.op->name).substr(0, kLongest);
  for (char& c : base) {
    if (c == '/') c = '.';
    if (!absl::ascii_isalnum(c) && c != '.') c = '_';
  }
  return base.empty() ? "_" : base;
}

}  // namespace

std::vector<std::string> ValueNames(const Graph& graph) {
  std::vector<std::string> names;
  names.reserve(graph.num_values());
  absl::flat_hash_set<std::string> taken;
  absl::flat_hash_map<std::string, int> next;
  for (const Node& node : graph.nodes()) {
    const std::string base = BaseName(node);
    for (int i = 0; i < node.num_outputs; ++i) {
      std::string name = base;
      // A variable may be called "add.1": what is taken is passed over.
      while (!taken.insert(name).second) name = absl::StrCat(base, ".", ++next[base]);
      names.push_back(std::move(name));
    }
  }
  return names;
}

}  // namespace weft
