#include "core/status.h"
#include "graph/passes/passes.h"
#include "graph/passes/transform.h"

namespace weft {
namespace {

absl::StatusOr<GraphPtr> RemoveDead(const GraphPtr& graph, const OpRegistry& registry) {
  std::vector<bool> live(graph->num_nodes(), false);
  auto mark = [&](ValueId value) { live[graph->value(value).node] = true; };
  for (ValueId input : graph->inputs()) mark(input);
  for (const Graph::Output& output : graph->outputs()) mark(output.value);
  for (const Graph::Update& update : graph->updates()) mark(update.value);
  int dead = 0;
  for (NodeId id = graph->num_nodes() - 1; id >= 0; --id) {
    if (!live[id]) {
      ++dead;
      continue;
    }
    for (ValueId input : graph->node(id).inputs) mark(input);
  }
  if (dead == 0) return graph;
  return RebuildGraph(*graph, registry, [&](GraphBuilder& b, NodeId id, absl::Span<const Value> inputs) {
    return live[id] ? b.CopyNode(graph->node(id), inputs) : std::vector<Value>();
  });
}

}  // namespace

Pass DcePass() {
  return PassOverGraphs("dce", "Removes what no output and no update needs.",
                        [](const GraphPtr& graph, const OpRegistry& registry, const Target&, std::vector<Receipt>*) {
                          return RemoveDead(graph, registry);
                        });
}

}  // namespace weft
