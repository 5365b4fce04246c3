#include "ops/dense/gates_fusion.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/ir/builder.h"
#include "graph/passes/join_nodes.h"
#include "ops/dense/dense.h"
#include "ops/dense/gemm.h"
#include "ops/elementwise/infer.h"

namespace weft {
namespace {

constexpr char kSplitOp[] = "split";

// A cell as generic fusion leaves it.
struct Cell {
  NodeId product, split, program;
};

// Whether all readers of the node's results are the node `reader`, which there is.
bool OnlyReadBy(const Graph& graph, const std::vector<absl::InlinedVector<NodeId, 2>>& readers, NodeId id,
                NodeId* reader) {
  const Node& node = graph.node(id);
  const auto is_result = [&](ValueId value) {
    return value >= node.first_output && value < node.first_output + node.num_outputs;
  };
  for (const Graph::Output& output : graph.outputs()) {
    if (is_result(output.value)) return false;
  }
  for (const Graph::Update& update : graph.updates()) {
    if (is_result(update.value)) return false;
  }
  *reader = -1;
  for (int i = 0; i < node.num_outputs; ++i) {
    for (NodeId other : readers[node.first_output + i]) {
      if (*reader >= 0 && other != *reader) return false;
      *reader = other;
    }
  }
  return *reader >= 0;
}

bool IsCell(const Graph& graph, const OpRegistry& registry, const std::vector<absl::InlinedVector<NodeId, 2>>& readers,
            NodeId split, Cell* cell) {
  const Node& node = graph.node(split);
  if (node.op->name != kSplitOp) return false;
  const TensorType& z = graph.type(node.inputs[0]);
  const Shape& sizes = node.attrs->Get<Shape>("sizes");
  if (z.rank() != 2 || z.dtype != DType::kFloat32 || node.attrs->Int("axis") != 1 || sizes.rank() < 2) return false;
  for (const Dim& size : sizes) {
    if (size != sizes[0] || !size.is_constant() || size.value() < 1 || size.value() % dense::kPanel != 0) return false;
  }
  cell->split = split;
  cell->product = graph.value(node.inputs[0]).node;
  const Node& product = graph.node(cell->product);
  if ((product.op->name != kMatMulOp && product.op->name != kMatMulEpilogueOp) || product.num_outputs != 1)
    return false;
  if (graph.type(product.inputs[0]).rank() != 2 || graph.type(product.inputs[1]).rank() != 2) return false;
  NodeId reader = -1;
  if (!OnlyReadBy(graph, readers, cell->product, &reader) || reader != split) return false;
  if (!OnlyReadBy(graph, readers, split, &cell->program)) return false;
  const Node& program = graph.node(cell->program);
  const TensorType& result = graph.type(program.first_output);
  return program.op == registry.roles().elementwise_program && JoinedOutputs(*program.attrs) == 0 &&
         result.rank() == 2 && result.shape[0] == z.shape[0] && result.shape[1] == sizes[0];
}

// The body of matmul_gates, and its operands behind a and b.
class CellBody {
 public:
  CellBody(const Graph& graph, const Cell& cell, const OpRegistry& registry)
      : graph_(graph),
        product_(graph.node(cell.product)),
        split_(graph.node(cell.split)),
        program_(graph.node(cell.program)),
        gates_(split_.num_outputs),
        body_(registry) {}

  absl::StatusOr<GraphPtr> Record() {
    const TensorType element{DType::kFloat32, {}};
    std::vector<Value> z;
    for (int g = 0; g < gates_; ++g) z.push_back(body_.Input(absl::StrCat("gate", g), element));
    if (const GraphPtr& epilogue = product_.attrs->Function("body"); epilogue != nullptr) {
      std::vector<std::vector<Value>> per_gate(gates_);
      for (int g = 0; g < gates_; ++g) per_gate[g].push_back(z[g]);
      for (size_t i = 2; i < product_.inputs.size(); ++i) AddProductOperand(product_.inputs[i], per_gate);
      for (int g = 0; g < gates_; ++g) z[g] = body_.Inline(*epilogue, per_gate[g])[0];
    }
    std::vector<Value> inputs;
    for (ValueId input : program_.inputs) {
      const bool gate = graph_.value(input).node == graph_.value(split_.first_output).node;
      inputs.push_back(gate ? z[graph_.value(input).index] : AddOperand(input));
    }
    const std::vector<Value> results = body_.Inline(*program_.attrs->Function("body"), inputs);
    for (size_t i = 0; i < results.size(); ++i) body_.Output(absl::StrCat("y", i), results[i]);
    return body_.Build();
  }

  const std::vector<ValueId>& operands() const { return operands_; }

 private:
  Value AddOperand(ValueId value) {
    operands_.push_back(value);
    return body_.Input(absl::StrCat("x", next_++), {graph_.type(value).dtype, {}});
  }

  // An operand of the product's epilogue: one element of it per gate where it has the product's columns.
  void AddProductOperand(ValueId value, std::vector<std::vector<Value>>& per_gate) {
    const TensorType &type = graph_.type(value), &product = graph_.type(product_.first_output);
    const bool wide = type.rank() > 0 && type.shape[type.rank() - 1] == product.shape[1];
    Value element = AddOperand(value);
    for (int g = 0; g < gates_; ++g) {
      if (g > 0 && wide) element = body_.Input(absl::StrCat("x", next_++), {type.dtype, {}});
      per_gate[g].push_back(element);
    }
  }

  const Graph& graph_;
  const Node &product_, &split_, &program_;
  const int gates_;
  GraphBuilder body_;
  std::vector<ValueId> operands_;
  int next_ = 0;
};

absl::StatusOr<JoinedNode> JoinCell(const Graph& graph, const Cell& cell, const OpRegistry& registry) {
  const Node &product = graph.node(cell.product), &program = graph.node(cell.program);
  CellBody body(graph, cell, registry);
  WEFT_ASSIGN_OR_RETURN(GraphPtr recorded, body.Record());
  JoinedNode joined;
  joined.op = kMatMulGatesOp;
  joined.inputs = {product.inputs[0], product.inputs[1]};
  joined.inputs.insert(joined.inputs.end(), body.operands().begin(), body.operands().end());
  joined.attrs = AttrMap{{"transpose_a", product.attrs->Bool("transpose_a")},
                         {"transpose_b", product.attrs->Bool("transpose_b")},
                         {"chunk", product.attrs->Int("chunk")},
                         {"gates", static_cast<int64_t>(graph.node(cell.split).num_outputs)},
                         {"body", std::move(recorded)}};
  for (int i = 0; i < program.num_outputs; ++i) joined.results.push_back(program.first_output + i);
  joined.origin = JoinedOrigin(graph, {cell.product, cell.program});
  return joined;
}

absl::StatusOr<GraphPtr> Fuse(const GraphPtr& graph, const OpRegistry& registry, std::vector<Receipt>* receipts) {
  std::vector<absl::InlinedVector<NodeId, 2>> readers;
  std::vector<bool> taken(graph->num_nodes(), false);  // programs of cells
  std::vector<Cell> cells;
  std::vector<NodeGroup> groups;
  for (NodeId id = 0; id < graph->num_nodes(); ++id) {
    if (graph->node(id).op->name != kSplitOp) continue;
    if (readers.empty()) readers = Readers(*graph);
    Cell cell{};
    if (!IsCell(*graph, registry, readers, id, &cell) || taken[cell.program]) continue;
    taken[cell.program] = true;
    cells.push_back(cell);
    groups.push_back({{cell.product, cell.split, cell.program}, cell.program});
    Receipt receipt;
    receipt.pass = "fuse";
    receipt.rule = kMatMulGatesOp;
    receipt.what = absl::StrCat(NameAndPlace(graph->node(cell.product)), " + split + ",
                                NameAndPlace(graph->node(cell.program)), " -> ", kMatMulGatesOp);
    receipt.why = "one program alone reads the product's parts";
    receipts->push_back(std::move(receipt));
  }
  if (cells.empty()) return graph;
  return JoinNodes(*graph, registry, groups, [&](int i) { return JoinCell(*graph, cells[i], registry); });
}

}  // namespace

std::shared_ptr<const FusionRule> MatMulGatesFusion() {
  auto rule = std::make_shared<FusionRule>();
  rule->name = kMatMulGatesOp;
  rule->exact = true;
  rule->run = Fuse;
  return rule;
}

}  // namespace weft
