#include "core/status.h"
#include "graph/ir/scan.h"
#include "graph/passes/narrow_loop.h"
#include "graph/passes/passes.h"
#include "graph/passes/transform.h"

namespace weft {
namespace {

absl::StatusOr<GraphPtr> RemoveDead(const GraphPtr& graph, const OpRegistry& registry, std::vector<Receipt>* receipts) {
  std::vector<bool> live(graph->num_nodes(), false);
  std::vector<char> is_read(graph->num_values(), false);
  auto read = [&](ValueId value) {
    is_read[value] = true;
    live[graph->value(value).node] = true;
  };
  for (ValueId input : graph->inputs()) live[graph->value(input).node] = true;
  for (const Graph::Output& output : graph->outputs()) read(output.value);
  for (const Graph::Update& update : graph->updates()) read(update.value);
  bool changed = false;
  for (NodeId id = graph->num_nodes() - 1; id >= 0; --id) {
    if (!live[id]) {
      changed = true;
      continue;
    }
    for (ValueId input : graph->node(id).inputs) read(input);
  }
  WEFT_ASSIGN_OR_RETURN(GraphPtr result,
                        RebuildGraph(*graph, registry, [&](GraphBuilder& b, NodeId id, absl::Span<const Value> inputs) {
                          const Node& node = graph->node(id);
                          if (!live[id]) return std::vector<Value>();
                          if (IsScan(node)) {
                            const auto results = absl::MakeConstSpan(is_read).subspan(
                                static_cast<size_t>(node.first_output), static_cast<size_t>(node.num_outputs));
                            std::vector<Value> narrow = NarrowLoop(b, registry, node, inputs, results, receipts);
                            changed = changed || !narrow.empty();
                            if (!narrow.empty()) return narrow;
                          }
                          return b.CopyNode(node, inputs);
                        }));
  return changed ? result : graph;
}

}  // namespace

Pass DcePass() {
  return PassOverGraphs("dce", "Removes what no output and no update needs.",
                        [](const GraphPtr& graph, const OpRegistry& registry, const Target&,
                           std::vector<Receipt>* receipts) { return RemoveDead(graph, registry, receipts); });
}

}  // namespace weft
