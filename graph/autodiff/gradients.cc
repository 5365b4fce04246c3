#include "graph/autodiff/gradients.h"

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/autodiff/gradient_args.h"
#include "graph/autodiff/scan_gradient.h"

namespace weft {
namespace {

// "op 'foo' (layer 'dense', file.cc:12)"
std::string Describe(const Node& node) {
  std::string origin = node.origin == nullptr ? "" : node.origin->ToString();
  return absl::StrCat("op '", node.op->name, "'", origin.empty() ? "" : absl::StrCat(" in ", origin));
}

class Differentiator {
 public:
  explicit Differentiator(GraphBuilder& builder) : builder_(builder), end_(builder.graph().num_nodes()) {}

  absl::StatusOr<std::vector<Value>> Run(absl::Span<const Value> ys, absl::Span<const Value> xs,
                                         absl::Span<const Value> dys) {
    MarkDependent(xs);
    gradients_.resize(depends_.size());
    for (size_t i = 0; i < ys.size(); ++i) {
      if (!depends_[ys[i].id()]) continue;
      Value dy = dys.empty() ? builder_.registry().roles().full(builder_, ys[i].type(), 1.0) : dys[i];
      Accumulate(ys[i].id(), dy);
    }
    for (NodeId id = end_ - 1; id >= 0; --id) {
      const Node& node = builder_.graph().node(id);
      if (HasGradient(node)) WEFT_RETURN_IF_ERROR(Backward(node));
    }
    std::vector<Value> result;
    for (const Value& x : xs) {
      Value dx = gradients_[x.id()];
      result.push_back(dx.absent() ? builder_.registry().roles().full(builder_, x.type(), 0.0) : dx);
    }
    WEFT_RETURN_IF_ERROR(builder_.status());
    return result;
  }

 private:
  // depends_[v]: a change of some x changes v. Only such values get gradients.
  void MarkDependent(absl::Span<const Value> xs) {
    const Graph& graph = builder_.graph();
    depends_.assign(graph.num_values(), false);
    for (const Value& x : xs) depends_[x.id()] = true;
    for (NodeId id = 0; id < end_; ++id) {
      const Node& node = graph.node(id);
      if (node.op->differentiability == Differentiability::kZero) continue;
      bool depends = false;
      for (ValueId input : node.inputs) depends = depends || depends_[input];
      if (!depends) continue;
      for (int i = 0; i < node.num_outputs; ++i) {
        if (IsFloat(graph.type(node.first_output + i).dtype)) depends_[node.first_output + i] = true;
      }
    }
  }

  bool HasGradient(const Node& node) const {
    for (int i = 0; i < node.num_outputs; ++i) {
      if (!gradients_[node.first_output + i].absent()) return true;
    }
    return false;
  }

  // Sums in the order of arrival, which is the descending order of the readers: always the same.
  void Accumulate(ValueId id, Value gradient) {
    Value& sum = gradients_[id];
    sum = sum.absent() ? gradient : builder_.registry().roles().add(sum, gradient);
  }

  absl::Status Backward(const Node& node) {
    bool needed = false;
    std::vector<bool> needs;
    std::vector<Value> inputs, outputs, dys;
    for (ValueId input : node.inputs) {
      needs.push_back(depends_[input]);
      needed = needed || depends_[input];
      inputs.push_back(builder_.value(input));
    }
    if (!needed) return absl::OkStatus();  // an x itself, or a source
    for (int i = 0; i < node.num_outputs; ++i) {
      outputs.push_back(builder_.value(node.first_output + i));
      dys.push_back(gradients_[node.first_output + i]);
    }
    if (node.op->gradient == nullptr && !IsScan(node)) {
      return Unimplemented(Describe(node), " has no gradient");
    }
    // What a gradient records belongs to the layer of the node it differentiates.
    builder_.set_origin(node.origin);
    GradientArgs args(builder_, node, std::move(inputs), std::move(outputs), std::move(dys), needs);
    std::vector<Value> dxs = IsScan(node) ? ScanGradient(node, args) : node.op->gradient(args);
    builder_.set_origin(nullptr);
    if (!builder_.status().ok()) {
      return Annotate(builder_.status(), absl::StrCat("gradient of ", Describe(node)));
    }
    if (dxs.size() != node.inputs.size()) {
      return Internal("gradient of ", Describe(node), ": ", dxs.size(), " results for ", node.inputs.size(),
                      " operands");
    }
    for (size_t i = 0; i < dxs.size(); ++i) {
      if (!needs[i] || dxs[i].absent()) continue;
      const TensorType& wanted = builder_.graph().type(node.inputs[i]);
      if (dxs[i].type() != wanted) {
        return Internal("gradient of ", Describe(node), ", operand ", i, ": expected ", wanted.ToString(),
                        ", the rule gives ", dxs[i].type().ToString());
      }
      Accumulate(node.inputs[i], dxs[i]);
    }
    return absl::OkStatus();
  }

  GraphBuilder& builder_;
  const NodeId end_;  // nodes recorded by the gradients themselves are not walked
  std::vector<bool> depends_;
  std::vector<Value> gradients_;
};

}  // namespace

absl::StatusOr<std::vector<Value>> Gradients(absl::Span<const Value> ys, absl::Span<const Value> xs,
                                             absl::Span<const Value> dys) {
  if (ys.empty()) return InvalidArgument("Gradients: there is nothing to differentiate (ys is empty)");
  if (!dys.empty() && dys.size() != ys.size()) {
    return InvalidArgument("Gradients: ", dys.size(), " dys for ", ys.size(), " ys");
  }
  GraphBuilder* builder = ys[0].builder();
  if (builder == nullptr) return InvalidArgument("Gradients: ys[0] was never set");
  WEFT_RETURN_IF_ERROR(builder->status());
  const Roles& roles = builder->registry().roles();
  if (roles.full == nullptr || roles.add == nullptr) {
    return Internal("Gradients: the registry lacks the roles 'full' or 'add'");
  }
  auto resolve = [&](absl::Span<const Value> from, const char* what, std::vector<Value>* to) -> absl::Status {
    for (size_t i = 0; i < from.size(); ++i) {
      if (from[i].absent()) return InvalidArgument("Gradients: ", what, "[", i, "] was never set");
      to->push_back(builder->Resolve(from[i]));
      WEFT_RETURN_IF_ERROR(builder->status());
      if (!IsFloat(to->back().dtype())) {
        return InvalidArgument("Gradients: ", what, "[", i, "] is ", to->back().type().ToString(),
                               ", expected a float");
      }
    }
    return absl::OkStatus();
  };
  std::vector<Value> y_values, x_values, dy_values;
  WEFT_RETURN_IF_ERROR(resolve(ys, "ys", &y_values));
  WEFT_RETURN_IF_ERROR(resolve(xs, "xs", &x_values));
  WEFT_RETURN_IF_ERROR(resolve(dys, "dys", &dy_values));
  for (size_t i = 0; i < dy_values.size(); ++i) {
    if (dy_values[i].type() != y_values[i].type()) {
      return InvalidArgument("Gradients: dys[", i, "] is ", dy_values[i].type().ToString(), ", ys[", i, "] is ",
                             y_values[i].type().ToString());
    }
  }
  return Differentiator(*builder).Run(y_values, x_values, dy_values);
}

}  // namespace weft
