#include "ops/testing/gradient_sweep.h"

#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/autodiff/gradients.h"
#include "graph/exec/reference.h"
#include "ops/testing/case_inputs.h"

namespace weft {
namespace {

// A graph with the outputs L (dot products of the case's float outputs with fixed random weights), then dL/dx for each
// float input, then, where asked for, d(sum <dL/dx, u>)/dx with fixed random u.
struct Differentiated {
  GraphPtr graph;
  std::vector<size_t> float_inputs;
};

Tensor RandomLike(const Dims& dims, PhiloxStream& random) {
  Tensor tensor = *Tensor::Create(DType::kFloat64, dims);
  for (double& value : tensor.mutable_data<double>()) value = 2 * random.Uniform() - 1;
  return tensor;
}

absl::StatusOr<Dims> StaticDims(const Value& v) { return v.shape().Evaluate({}); }

class CaseSweep {
 public:
  CaseSweep(const OpRegistry& registry, const OpCase& op_case, const SweepOptions& options)
      : registry_(registry), case_(op_case), options_(options), random_(StreamOf(op_case, options.seed)) {}

  absl::Status Run() {
    WEFT_ASSIGN_OR_RETURN(inputs_, DrawInputs(case_, random_, /*widen=*/true));
    for (size_t i = 0; i < inputs_.size(); ++i) {
      // Without elements (empty tensors) there is no direction to move in.
      if (IsFloat(inputs_[i].dtype()) && inputs_[i].num_elements() > 0) float_inputs_.push_back(i);
    }
    if (float_inputs_.empty()) return RecordOnly();
    bool second = case_.no_second_order.empty();
    WEFT_ASSIGN_OR_RETURN(GraphPtr graph, Record(second));
    if (graph == nullptr) return absl::OkStatus();  // no float output: nothing to differentiate
    std::vector<Tensor> direction;
    for (size_t i : float_inputs_) direction.push_back(RandomLike(inputs_[i].dims(), random_));

    WEFT_ASSIGN_OR_RETURN(std::vector<Tensor> at, Evaluate(*graph, inputs_));
    if (case_.gradient_is_zero) return CheckZero(absl::MakeSpan(at).subspan(second ? 2 : 1));
    WEFT_ASSIGN_OR_RETURN(std::vector<Tensor> ahead, Evaluate(*graph, Moved(direction, kStep)));
    WEFT_ASSIGN_OR_RETURN(std::vector<Tensor> behind, Evaluate(*graph, Moved(direction, -kStep)));
    const size_t n = float_inputs_.size();
    auto slope = [&](size_t output) { return (ahead[output].AtDouble(0) - behind[output].AtDouble(0)) / (2 * kStep); };
    auto along = [&](size_t first) {
      double sum = 0, size = 0;
      for (size_t i = 0; i < n; ++i) {
        for (int64_t k = 0; k < direction[i].num_elements(); ++k) {
          double term = at[first + i].AtDouble(k) * direction[i].AtDouble(k);
          sum += term;
          size += std::abs(term);
        }
      }
      return std::pair<double, double>(sum, size);
    };
    // Outputs: L, G = sum <dL/dx, u> (if second), then dL/dx ..., then dG/dx ...
    size_t first = second ? 2 : 1;
    WEFT_RETURN_IF_ERROR(
        Compare("first order", slope(0), along(first), std::abs(at[0].AtDouble(0)), options_.tolerance));
    if (second) {
      WEFT_RETURN_IF_ERROR(
          Compare("second order", slope(1), along(first + n), std::abs(at[1].AtDouble(0)), options_.second_tolerance));
    }
    return absl::OkStatus();
  }

 private:
  static constexpr double kStep = 1e-5;

  absl::Status Compare(absl::string_view order, double numeric, std::pair<double, double> analytic, double value,
                       double tolerance) const {
    double size = std::max({std::abs(numeric), analytic.second, 1e-3 * value, 1e-3});
    double error = std::abs(numeric - analytic.first);
    if (error <= tolerance * size) return absl::OkStatus();  // false for NaN
    return Internal(order, ": numeric ", numeric, ", by the gradient rule ", analytic.first);
  }

  static absl::Status CheckZero(absl::Span<const Tensor> gradients) {
    for (const Tensor& gradient : gradients) {
      for (int64_t k = 0; k < gradient.num_elements(); ++k) {
        if (gradient.AtDouble(k) != 0) return Internal("expected a gradient of zero, got ", gradient.AtDouble(k));
      }
    }
    return absl::OkStatus();
  }

  absl::Status RecordOnly() {
    GraphBuilder b(registry_);
    WEFT_RETURN_IF_ERROR(RecordCase(b).status());
    return b.Build().status();
  }

  absl::StatusOr<std::vector<Value>> RecordCase(GraphBuilder& b) {
    arguments_.clear();
    for (size_t i = 0; i < inputs_.size(); ++i) {
      arguments_.push_back(b.Input(absl::StrCat("x", i), {inputs_[i].dtype(), Shape::FromDims(inputs_[i].dims())}));
    }
    std::vector<Value> ys = case_.record(b, arguments_);
    WEFT_RETURN_IF_ERROR(b.status());
    bool found = false;
    for (const Node& node : b.graph().nodes()) found = found || node.op->name == case_.op;
    if (!found) return Internal("the case records no node of the op");
    return ys;
  }

  // sum_i <values[i], random weights>; absent if there is no float among them.
  Value Dot(GraphBuilder& b, absl::Span<const Value> values) {
    Value total;
    for (const Value& v : values) {
      if (!IsFloat(v.dtype())) continue;
      absl::StatusOr<Dims> dims = StaticDims(v);
      if (!dims.ok()) return b.Error(dims.status());
      Tensor weights = RandomLike(*dims, random_);
      // In double, whatever the case casts to.
      Value wide = v.dtype() == DType::kFloat64
                       ? v
                       : b.Record1("cast", {v}, {{"dtype", DType::kFloat64}}, SourceLocation::current());
      Value product = b.Record1("mul", {wide, b.Constant(weights)}, {}, SourceLocation::current());
      Value sum = registry_.roles().sum_to_shape(product, Shape());
      total = total.absent() ? sum : registry_.roles().add(total, sum);
    }
    return total;
  }

  absl::StatusOr<GraphPtr> Record(bool second) {
    GraphBuilder b(registry_);
    WEFT_ASSIGN_OR_RETURN(std::vector<Value> ys, RecordCase(b));
    Value loss = Dot(b, ys);
    if (loss.absent()) return GraphPtr();
    std::vector<Value> xs;
    for (size_t i : float_inputs_) xs.push_back(arguments_[i]);
    WEFT_ASSIGN_OR_RETURN(std::vector<Value> gradients, Gradients({loss}, xs));
    b.Output("loss", loss);
    std::vector<Value> seconds;
    if (second) {
      Value slope = Dot(b, gradients);
      WEFT_ASSIGN_OR_RETURN(seconds, Gradients({slope}, xs));
      b.Output("slope", slope);
    }
    for (size_t i = 0; i < gradients.size(); ++i) b.Output(absl::StrCat("d", i), gradients[i]);
    for (size_t i = 0; i < seconds.size(); ++i) b.Output(absl::StrCat("dd", i), seconds[i]);
    return b.Build();
  }

  absl::StatusOr<std::vector<Tensor>> Evaluate(const Graph& graph, absl::Span<const Tensor> inputs) const {
    WEFT_ASSIGN_OR_RETURN(ReferenceResult result, RunReference(graph, inputs, {}, {.round_f32 = false}));
    return std::move(result.outputs);
  }

  std::vector<Tensor> Moved(absl::Span<const Tensor> direction, double step) const {
    std::vector<Tensor> moved = inputs_;
    for (size_t i = 0; i < float_inputs_.size(); ++i) {
      Tensor& tensor = moved[float_inputs_[i]];
      tensor = tensor.Clone();
      for (int64_t k = 0; k < tensor.num_elements(); ++k) {
        tensor.mutable_data<double>()[k] += step * direction[i].AtDouble(k);
      }
    }
    return moved;
  }

  const OpRegistry& registry_;
  const OpCase& case_;
  const SweepOptions& options_;
  PhiloxStream random_;
  std::vector<Tensor> inputs_;
  std::vector<size_t> float_inputs_;
  std::vector<Value> arguments_;
};

}  // namespace

std::vector<std::string> SweepGradients(const OpRegistry& registry, absl::Span<const OpCase> cases,
                                        const SweepOptions& options) {
  std::vector<std::string> failures;
  std::set<std::string> covered;
  for (const OpCase& op_case : cases) {
    std::string name = absl::StrCat(op_case.op, "/", op_case.name, " (seed ", options.seed, ")");
    const OpDef* op = registry.Find(op_case.op);
    if (op == nullptr) {
      failures.push_back(absl::StrCat(name, ": the registry has no such op"));
      continue;
    }
    covered.insert(op_case.op);
    absl::Status status = CaseSweep(registry, op_case, options).Run();
    if (!status.ok()) failures.push_back(absl::StrCat(name, ": ", status.message()));
  }
  for (const OpDef* op : registry.ops()) {
    if (op->family == "graph" || op->is_fused || covered.contains(op->name)) continue;
    failures.push_back(absl::StrCat(op->name, ": the op has no cases"));
  }
  return failures;
}

}  // namespace weft
