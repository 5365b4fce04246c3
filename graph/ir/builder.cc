#include "graph/ir/builder.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/status.h"
#include "graph/ir/module.h"
#include "graph/ir/node_check.h"
#include "graph/ir/verifier.h"

namespace weft {
namespace {

// An op of thousands of operands (a sum, a concat) must not make an error of megabytes: the first of them do.
constexpr size_t kMaxListedTypes = 8;

std::string TypeList(absl::Span<const Value> values) {
  auto append = [](std::string* out, const Value& v) {
    absl::StrAppend(out, v.ok() ? v.type().ToString() : std::string("(none)"));
  };
  const size_t listed = std::min(values.size(), kMaxListedTypes);
  std::string list = absl::StrJoin(values.subspan(0, listed), ", ", append);
  if (listed < values.size()) absl::StrAppend(&list, " and ", values.size() - listed, " more");
  return list;
}

}  // namespace

const TensorType& Value::type() const {
  static const TensorType kError{};
  return ok() ? builder_->graph().type(id_) : kError;
}

GraphBuilder::GraphBuilder(const OpRegistry& registry, const Module* module)
    : registry_(registry), module_(module), graph_(std::make_shared<Graph>()) {}

GraphBuilder::GraphBuilder(const OpRegistry& registry, GraphBuilder* outer)
    : registry_(registry), outer_(outer), graph_(std::make_shared<Graph>()), layer_path_(outer->layer_path_) {}

GraphBuilder::~GraphBuilder() = default;

Value GraphBuilder::Error(absl::Status status) {
  if (status_.ok()) status_ = std::move(status);
  return Value(this, -1);
}

absl::Status GraphBuilder::Fail(const OpDef* op, absl::string_view name, absl::Span<const Value> inputs,
                                const SourceLocation& where, const absl::Status& cause) {
  std::string place = absl::StrCat(where.file_name(), ":", where.line());
  if (!layer_path_.empty()) place = absl::StrCat("layer '", layer_path_, "', ", place);
  std::string operands;
  if (!inputs.empty()) operands = absl::StrCat(" [operands: ", TypeList(inputs), "]");
  return absl::Status(cause.code(), absl::StrCat(op == nullptr ? name : absl::string_view(op->name), " (", place,
                                                 "): ", cause.message(), operands));
}

OriginPtr GraphBuilder::MakeOrigin(const SourceLocation& where) {
  if (forced_origin_ != nullptr) return forced_origin_;
  int line = static_cast<int>(where.line());
  if (last_origin_ == nullptr || last_origin_->line != line || last_origin_->layer != layer_path_ ||
      last_origin_->file != where.file_name()) {
    auto origin = std::make_shared<Origin>();
    origin->layer = layer_path_;
    origin->file = where.file_name();
    origin->line = line;
    last_origin_ = std::move(origin);
  }
  return last_origin_;
}

Value GraphBuilder::Resolve(Value v) {
  if (v.builder_ == this) return v;
  if (v.builder_ == nullptr) return Error(InvalidArgument("a Value that was never set is used"));
  if (!v.ok()) return Error(v.builder_->status_);
  const GraphBuilder* around = outer_;
  while (around != nullptr && around != v.builder_) around = around->outer_;
  if (around == nullptr) return Error(InvalidArgument("a Value of another, unrelated function is used"));
  Value outer_value = outer_->Resolve(v);
  auto [it, inserted] = captured_.try_emplace({outer_, outer_value.id_}, Value());
  if (inserted) {
    std::string name = absl::StrCat("captured_", captures_.size());
    captures_.push_back(outer_value);
    it->second = Input(name, outer_value.type());
  }
  return it->second;
}

std::vector<Value> GraphBuilder::Record(absl::string_view op_name, absl::Span<const Value> inputs, AttrMap attrs,
                                        SourceLocation where, int num_outputs) {
  // Recording functions take the builder of their first operand. In the body of a loop that may be a captured value's
  // (w * h, w from outside): the node belongs to the innermost function.
  for (const Value& v : inputs) {
    const GraphBuilder* inner = v.builder_;
    while (inner != nullptr && inner != this) inner = inner->outer_;
    if (inner == this && v.builder_ != this) {
      return v.builder_->Record(op_name, inputs, std::move(attrs), where, num_outputs);
    }
  }
  const OpDef* op = registry_.Find(op_name);
  auto fail = [&](const absl::Status& cause) {
    Value error = Error(Fail(op, op_name, inputs, where, cause));
    return std::vector<Value>(num_outputs, error);
  };
  if (op == nullptr) {
    std::string nearest = registry_.NearestOp(op_name);
    return fail(InvalidArgument("there is no op of this name in the registry",
                                nearest.empty() ? "" : absl::StrCat("; did you mean '", nearest, "'?")));
  }
  Node node;
  std::vector<TensorType> types;
  types.reserve(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].absent()) return fail(InvalidArgument("operand ", i, " was never set"));
    if (inputs[i].builder_ != this || !inputs[i].ok()) {
      Value resolved = Resolve(inputs[i]);
      if (!resolved.ok()) return std::vector<Value>(num_outputs, Error(Fail(op, op_name, {}, where, status_)));
      node.inputs.push_back(resolved.id_);
    } else {
      node.inputs.push_back(inputs[i].id_);
    }
    types.push_back(graph_->type(node.inputs.back()));
  }
  absl::Status checked = CompleteAttrs(*op, attrs);
  if (checked.ok()) checked = CheckArity(*op, static_cast<int>(inputs.size()));
  if (!checked.ok()) return fail(checked);
  absl::StatusOr<std::vector<TensorType>> results = InferTypes(*op, types, attrs);
  if (!results.ok()) return fail(results.status());

  node.op = op;
  node.attrs = std::make_shared<const AttrMap>(std::move(attrs));
  node.origin = MakeOrigin(where);
  node.first_output = graph_->num_values();
  node.num_outputs = static_cast<int>(results->size());
  NodeId id = graph_->num_nodes();
  std::vector<Value> values;
  values.reserve(results->size());
  for (int i = 0; i < node.num_outputs; ++i) {
    values.push_back(Value(this, node.first_output + i));
    graph_->values_.push_back({std::move((*results)[i]), id, i});
  }
  graph_->nodes_.push_back(std::move(node));
  return values;
}

Value GraphBuilder::Record1(absl::string_view op, absl::Span<const Value> inputs, AttrMap attrs, SourceLocation where) {
  return Record(op, inputs, std::move(attrs), where)[0];
}

Value GraphBuilder::Input(absl::string_view name, TensorType type, SourceLocation where) {
  Value v = Record1(kInputOp, {}, {{"name", std::string(name)}, {"type", std::move(type)}}, where);
  if (v.ok()) graph_->inputs_.push_back(v.id_);
  return v;
}

Value GraphBuilder::Variable(absl::string_view name, SourceLocation where) {
  if (auto it = variables_.find(name); it != variables_.end()) return it->second;
  const VariableDecl* decl = module_ == nullptr ? nullptr : module_->FindVariable(name);
  if (decl == nullptr) {
    return Error(Fail(nullptr, kVariableOp, {}, where,
                      InvalidArgument("the module has no variable '", name, "'",
                                      module_ == nullptr ? " (this builder has no module)" : "")));
  }
  return Variable(name, decl->type, where);
}

Value GraphBuilder::Variable(absl::string_view name, const TensorType& type, SourceLocation where) {
  if (outer_ != nullptr)
    return Resolve(outer_->Variable(name, type, where));  // bodies read no variables: they capture them
  auto it = variables_.find(name);
  if (it == variables_.end()) {
    Value v = Record1(kVariableOp, {}, {{"name", std::string(name)}, {"type", type}}, where);
    it = variables_.emplace(std::string(name), v).first;
  } else if (it->second.ok() && it->second.type() != type) {
    return Error(Fail(nullptr, kVariableOp, {}, where,
                      InvalidArgument("variable '", name, "' is read as ", type.ToString(), " and as ",
                                      it->second.type().ToString())));
  }
  return it->second;
}

void GraphBuilder::Output(absl::string_view name, Value value) {
  Value v = Resolve(value);
  if (!v.ok()) return;
  if (!output_names_.insert(std::string(name)).second) {
    Error(InvalidArgument("output '", name, "' is declared twice"));
    return;
  }
  graph_->outputs_.push_back({std::string(name), v.id_});
}

void GraphBuilder::Update(absl::string_view variable, Value value, SourceLocation where) {
  Value v = Resolve(value);
  if (!v.ok()) return;
  auto fail = [&](const absl::Status& cause) { Error(Fail(nullptr, "update", {}, where, cause)); };
  if (outer_ != nullptr) {
    return fail(InvalidArgument("the body of a loop cannot update variable '", variable, "'; make it a carry"));
  }
  if (!updated_.insert(std::string(variable)).second) {
    return fail(InvalidArgument("variable '", variable, "' is updated twice"));
  }
  if (module_ != nullptr) {
    const VariableDecl* decl = module_->FindVariable(variable);
    if (decl == nullptr) return fail(InvalidArgument("the module has no variable '", variable, "'"));
    if (decl->type != v.type()) {
      return fail(InvalidArgument("variable '", variable, "' is ", decl->type.ToString(), ", its new value ",
                                  v.type().ToString()));
    }
  }
  graph_->updates_.push_back({std::string(variable), v.id_});
}

Value GraphBuilder::Constant(Tensor value, SourceLocation where) {
  if (registry_.roles().constant == nullptr) {
    return Error(Fail(nullptr, "constant", {}, where, Internal("the registry has no op for the role 'constant'")));
  }
  static_cast<void>(where);
  return registry_.roles().constant(*this, std::move(value));
}

Value GraphBuilder::Operand(const ValueAt& operand, DType like) {
  if (!operand.is_literal()) return operand.value();
  return Constant(Tensor::Scalar(like, operand.literal()), operand.where());
}

GraphBuilder::Scope::Scope(GraphBuilder& builder, absl::string_view name)
    : builder_(builder), size_(builder.layer_path_.size()) {
  absl::StrAppend(&builder.layer_path_, size_ == 0 ? "" : "/", name);
}

GraphBuilder::Scope::~Scope() { builder_.layer_path_.resize(size_); }

std::vector<Value> GraphBuilder::CopyNode(const Node& node, absl::Span<const Value> inputs) {
  OriginPtr saved = std::move(forced_origin_);
  forced_origin_ = node.origin;
  std::vector<Value> results;
  if (IsInput(node)) {
    results = {Input(node.attrs->String("name"), node.attrs->Get<TensorType>("type"))};
  } else if (IsVariable(node)) {
    results = {Variable(node.attrs->String("name"), node.attrs->Get<TensorType>("type"))};
  } else {
    results = Record(node.op->name, inputs, *node.attrs, SourceLocation::current(), node.num_outputs);
    // The attributes were complete and are the same: share them between the versions of the graph.
    if (results[0].ok()) graph_->nodes_.back().attrs = node.attrs;
  }
  forced_origin_ = std::move(saved);
  return results;
}

std::vector<Value> GraphBuilder::Inline(const Graph& graph, absl::Span<const Value> inputs) {
  if (inputs.size() != graph.inputs().size()) {
    Error(Internal("Inline: ", inputs.size(), " values for a function of ", graph.inputs().size(), " inputs"));
    return std::vector<Value>(graph.outputs().size(), Value(this, -1));
  }
  std::vector<Value> values(graph.num_values());
  for (size_t i = 0; i < inputs.size(); ++i) values[graph.inputs()[i]] = inputs[i];
  std::vector<Value> operands;
  for (const Node& node : graph.nodes()) {
    if (IsInput(node)) continue;
    operands.clear();
    for (ValueId id : node.inputs) operands.push_back(values[id]);
    std::vector<Value> results = CopyNode(node, operands);
    for (int i = 0; i < node.num_outputs; ++i) values[node.first_output + i] = results[i];
  }
  std::vector<Value> outputs;
  outputs.reserve(graph.outputs().size());
  for (const Graph::Output& output : graph.outputs()) outputs.push_back(values[output.value]);
  return outputs;
}

absl::StatusOr<GraphPtr> GraphBuilder::Build() {
  WEFT_RETURN_IF_ERROR(status_);
  GraphPtr graph = std::move(graph_);
  graph_ = std::make_shared<Graph>();
  status_ = absl::FailedPreconditionError("the builder is spent: Build() was called");
  WEFT_RETURN_IF_ERROR(Verify(*graph));
  return graph;
}

}  // namespace weft
