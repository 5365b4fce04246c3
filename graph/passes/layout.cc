#include <numeric>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "core/buffer.h"
#include "core/status.h"
#include "graph/passes/loop_layout.h"
#include "graph/passes/passes.h"
#include "graph/passes/transform.h"

namespace weft {
namespace {

constexpr Layout kTarget = Layout::kPanels64;

bool Accepts(const Node& node, int input) {
  return node.op->accepts_layout != nullptr && node.op->accepts_layout(input, kTarget, *node.attrs);
}

// Padding may cost a quarter of the memory at most, and what is tiny is not worth it.
bool IsCandidate(const TensorType& type) {
  if (type.rank() != 2 || type.dtype != DType::kFloat32 || type.layout != Layout::kRowMajor) return false;
  if (!type.shape[0].is_constant() || !type.shape[1].is_constant()) return false;
  const int64_t rows = type.shape[0].value(), columns = type.shape[1].value();
  return rows > 0 && columns > 0 && rows * columns >= 4096 && RoundUp(columns, kPanelWidth) * 4 <= columns * 5;
}

// Decides for all functions of the module together which variables live in panels.
class Chooser {
 public:
  explicit Chooser(const Module& module) : module_(module) {
    for (const VariableDecl& variable : module.variables()) {
      index_.emplace(variable.name, static_cast<int>(facts_.size()));
      Facts facts;
      facts.candidate = IsCandidate(variable.type);
      facts_.push_back(facts);
    }
    parent_.resize(facts_.size());
    std::iota(parent_.begin(), parent_.end(), 0);
    for (const auto& [name, graph] : module.functions()) Look(*graph);
  }

  // Per variable, in the module's order.
  std::vector<bool> Choose() {
    std::vector<Facts> group(facts_.size());
    for (size_t i = 0; i < facts_.size(); ++i) {
      Facts& sum = group[Find(static_cast<int>(i))];
      sum.candidate = sum.candidate && facts_[i].candidate;
      sum.product_reads += facts_[i].product_reads;
      sum.other_reads += facts_[i].other_reads;
    }
    std::vector<bool> chosen(facts_.size());
    for (size_t i = 0; i < facts_.size(); ++i) {
      const Facts& sum = group[Find(static_cast<int>(i))];
      // A read that must be put back into row-major order costs about what packing for one product costs.
      chosen[i] = sum.candidate && sum.product_reads > 0 && sum.product_reads >= sum.other_reads;
    }
    return chosen;
  }

 private:
  struct Facts {
    bool candidate = true;
    int product_reads = 0;  // by a product, which would otherwise pack it
    int other_reads = 0;    // by what needs it row-major
  };

  int Find(int i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }

  void Look(const Graph& graph) {
    absl::flat_hash_map<ValueId, int> variable_of;
    absl::flat_hash_map<NodeId, std::vector<int>> updated_by;  // variables whose new values the node computes
    for (const Node& node : graph.nodes()) {
      if (IsVariable(node)) variable_of.emplace(node.first_output, index_.at(node.attrs->String("name")));
    }
    for (const Graph::Update& update : graph.updates()) {
      updated_by[graph.value(update.value).node].push_back(index_.at(update.variable));
    }
    for (NodeId id = 0; id < graph.num_nodes(); ++id) {
      const Node& node = graph.node(id);
      if (IsVariable(node)) continue;
      // Whatever lies over the result element by element has the result's layout: the variables among it, old and new,
      // go together.
      const Shape& shape = graph.type(node.first_output).shape;
      int tied = -1;
      auto tie = [&](int variable) {
        if (tied >= 0) parent_[Find(variable)] = Find(tied);
        tied = variable;
      };
      for (size_t i = 0; i < node.inputs.size(); ++i) {
        auto it = variable_of.find(node.inputs[i]);
        if (it == variable_of.end()) continue;
        if (IsScan(node)) {
          const bool product = ReadsLayout(graph, node, static_cast<int>(i), kTarget);
          ++(product ? facts_[it->second].product_reads : facts_[it->second].other_reads);
          continue;
        }
        if (!Accepts(node, static_cast<int>(i))) {
          ++facts_[it->second].other_reads;
          continue;
        }
        bool elementwise =
            node.op->elementwise.has_value() || node.op == module_.registry().roles().elementwise_program;
        if (!elementwise) ++facts_[it->second].product_reads;
        if (graph.type(node.inputs[i]).shape == shape) tie(it->second);
      }
      if (tied < 0) continue;
      if (auto it = updated_by.find(id); it != updated_by.end()) {
        for (int variable : it->second) {
          if (module_.variables()[variable].type.shape == shape) tie(variable);
        }
      }
    }
  }

  const Module& module_;
  absl::flat_hash_map<std::string, int> index_;
  std::vector<Facts> facts_;
  std::vector<int> parent_;
};

// Records a function anew with the chosen variables in panels, and puts a relayout wherever a reader needs another
// layout.
class Applier {
 public:
  Applier(const Graph& graph, const Module& declared)
      : graph_(graph), declared_(declared), builder_(declared.registry()) {}

  absl::StatusOr<GraphPtr> Run(int* relayouts) {
    std::vector<Value> values(graph_.num_values());
    for (const Node& node : graph_.nodes()) {
      std::vector<Value> results;
      if (IsVariable(node)) {
        const std::string& name = node.attrs->String("name");
        builder_.set_origin(node.origin);
        results = {builder_.Variable(name, declared_.FindVariable(name)->type)};
        builder_.set_origin(nullptr);
      } else {
        std::vector<Value> inputs;
        for (ValueId input : node.inputs) inputs.push_back(values[input]);
        if (IsScan(node)) {
          WEFT_ASSIGN_OR_RETURN(results, Loop(node, inputs));
        } else {
          Adapt(node, inputs);
          results = builder_.CopyNode(node, inputs);
        }
      }
      for (int i = 0; i < node.num_outputs; ++i) values[node.first_output + i] = results[i];
      WEFT_RETURN_IF_ERROR(builder_.status());
    }
    for (const Graph::Output& output : graph_.outputs()) {
      builder_.Output(output.name, InLayout(values[output.value], Layout::kRowMajor));
    }
    for (const Graph::Update& update : graph_.updates()) {
      builder_.Update(update.variable,
                      InLayout(values[update.value], declared_.FindVariable(update.variable)->type.layout));
    }
    *relayouts = relayouts_;
    return builder_.Build();
  }

 private:
  // What a loop reads as products do, step by step, is brought into panels before it.
  absl::StatusOr<std::vector<Value>> Loop(const Node& node, std::vector<Value>& inputs) {
    std::vector<bool> relaid(inputs.size(), false);
    bool any = false;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const TensorType& type = graph_.type(node.inputs[i]);
      relaid[i] = type.layout == Layout::kRowMajor && IsCandidate(type) &&
                  ReadsLayout(graph_, node, static_cast<int>(i), kTarget);
      inputs[i] = InLayout(inputs[i], relaid[i] ? kTarget : type.layout);
      any = any || relaid[i];
    }
    if (!any) return builder_.CopyNode(node, inputs);
    WEFT_ASSIGN_OR_RETURN(const GraphPtr body,
                          BodyInLayout(*node.attrs->Function("body"), declared_.registry(), relaid, kTarget));
    return CopyWithBody(builder_, node, inputs, body);
  }

  void Adapt(const Node& node, std::vector<Value>& inputs) {
    bool mixed = false;
    const Shape& shape = graph_.type(node.first_output).shape;
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i].type().layout == Layout::kRowMajor) continue;
      if (!Accepts(node, static_cast<int>(i))) {
        inputs[i] = InLayout(inputs[i], Layout::kRowMajor);
      } else if (inputs[i].shape() == shape) {
        mixed = true;
      }
    }
    if (!mixed) return;
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i].shape() == shape && Accepts(node, static_cast<int>(i))) inputs[i] = InLayout(inputs[i], kTarget);
    }
  }

  Value InLayout(Value v, Layout layout) {
    if (!v.ok() || v.type().layout == layout) return v;
    auto [it, inserted] = relaid_.try_emplace({v.id(), layout}, Value());
    if (inserted) {
      ++relayouts_;
      builder_.set_origin(builder_.producer(v).origin);
      it->second =
          builder_.Record1(kRelayoutOp, {v}, {{"layout", std::string(Name(layout))}}, SourceLocation::current());
      builder_.set_origin(nullptr);
    }
    return it->second;
  }

  const Graph& graph_;
  const Module& declared_;
  GraphBuilder builder_;
  absl::flat_hash_map<std::pair<ValueId, Layout>, Value> relaid_;
  int relayouts_ = 0;
};

// Whether a loop of the function captures what it would rather read in panels.
bool HasLoopOperands(const Graph& graph) {
  for (const Node& node : graph.nodes()) {
    if (!IsScan(node)) continue;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (IsCandidate(graph.type(node.inputs[i])) && ReadsLayout(graph, node, static_cast<int>(i), kTarget)) {
        return true;
      }
    }
  }
  return false;
}

absl::StatusOr<PassResult> RunLayout(std::shared_ptr<const Module> module, const Target&) {
  PassResult result;
  std::vector<bool> chosen = Chooser(*module).Choose();
  auto changed = std::make_shared<Module>(*module);
  for (size_t i = 0; i < chosen.size(); ++i) {
    if (!chosen[i]) continue;
    VariableDecl variable = module->variables()[i];
    Receipt receipt;
    receipt.pass = "layout";
    receipt.rule = std::string(Name(kTarget));
    receipt.what =
        absl::StrCat(variable.name, ": ", variable.type.ToString(), " lives in panels of ", kPanelWidth, " columns");
    receipt.why = "products read it as it lies; elementwise updates do not care";
    result.receipts.push_back(std::move(receipt));
    variable.type.layout = kTarget;
    WEFT_RETURN_IF_ERROR(changed->SetVariable(std::move(variable)));
  }
  const bool any_chosen = !result.receipts.empty();
  bool any_loops = false;
  for (const auto& [name, graph] : module->functions()) {
    const bool loops = HasLoopOperands(*graph);
    any_loops = any_loops || loops;
    if (!any_chosen && !loops) continue;
    int relayouts = 0;
    absl::StatusOr<GraphPtr> next = Applier(*graph, *changed).Run(&relayouts);
    if (!next.ok()) return Annotate(next.status(), absl::StrCat("pass layout, function '", name, "'"));
    WEFT_RETURN_IF_ERROR(changed->SetFunction(name, *next));
    Receipt summary;
    summary.pass = "layout";
    summary.function = name;
    summary.nodes_before = graph->num_nodes();
    summary.nodes_after = (*next)->num_nodes();
    if (relayouts > 0) summary.why = absl::StrCat(relayouts, " values change their layout on the way");
    result.receipts.push_back(std::move(summary));
  }
  result.module = any_chosen || any_loops ? std::shared_ptr<const Module>(std::move(changed)) : std::move(module);
  return result;
}

}  // namespace

Pass LayoutPass() {
  Pass pass;
  pass.name = "layout";
  pass.doc = "Keeps weights in the layout that products read.";
  pass.run = RunLayout;
  return pass;
}

}  // namespace weft
