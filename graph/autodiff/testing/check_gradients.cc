#include "graph/autodiff/testing/check_gradients.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/autodiff/gradients.h"
#include "graph/autodiff/testing/differentiable_ops.h"
#include "graph/exec/reference.h"
#include "graph/exec/testing/test_ops.h"

namespace weft {
namespace {

using Dims2 = std::vector<std::vector<int64_t>>;

// y, then the gradients.
absl::StatusOr<std::vector<Tensor>> Evaluate(const ScalarFn& f, const std::vector<Tensor>& point, bool gradients) {
  GraphBuilder b(DifferentiableOps());
  std::vector<Value> x;
  for (size_t i = 0; i < point.size(); ++i) {
    x.push_back(b.Input(absl::StrCat("x", i), {DType::kFloat64, Shape::FromDims(point[i].dims())}));
  }
  Value y = f(b, x);
  b.Output("y", y);
  if (gradients) {
    WEFT_ASSIGN_OR_RETURN(const std::vector<Value> dxs, Gradients({y}, x));
    for (size_t i = 0; i < dxs.size(); ++i) b.Output(absl::StrCat("dx", i), dxs[i]);
  }
  WEFT_ASSIGN_OR_RETURN(const GraphPtr graph, b.Build());
  WEFT_ASSIGN_OR_RETURN(ReferenceResult result, RunReference(*graph, point));
  return std::move(result.outputs);
}

absl::Status CheckOnce(const ScalarFn& f, const std::vector<Tensor>& point) {
  constexpr double kStep = 1e-5, kTolerance = 1e-6;
  WEFT_ASSIGN_OR_RETURN(const std::vector<Tensor> got, Evaluate(f, point, true));
  for (size_t i = 0; i < point.size(); ++i) {
    for (int64_t k = 0; k < point[i].num_elements(); ++k) {
      double sides[2];
      for (int side : {0, 1}) {
        std::vector<Tensor> moved = point;
        moved[i] = point[i].Clone();
        moved[i].mutable_data<double>()[k] += side == 0 ? -kStep : kStep;
        WEFT_ASSIGN_OR_RETURN(const std::vector<Tensor> y, Evaluate(f, moved, false));
        sides[side] = y[0].AtDouble(0);
      }
      const double want = (sides[1] - sides[0]) / (2 * kStep), is = got[i + 1].AtDouble(k);
      if (!(std::fabs(is - want) <= kTolerance * (1 + std::fabs(want)))) {
        return Internal("by element ", k, " of operand ", i, ": ", is, ", expected ", want);
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::string CheckGradients(const ScalarFn& f, const Dims2& dims) {
  std::vector<Tensor> point;
  int next = 0;
  for (const std::vector<int64_t>& d : dims) {
    Tensor t = *Tensor::Create(DType::kFloat64, d);
    for (double& v : t.mutable_data<double>()) v = 0.9 * std::sin(1.0 + 2.3 * next++);  // no two alike
    point.push_back(t);
  }
  const absl::Status first = CheckOnce(f, point);
  if (!first.ok()) return absl::StrCat("first order: ", first.ToString());
  auto squared = [&](GraphBuilder& b, absl::Span<const Value> x) {
    absl::StatusOr<std::vector<Value>> dxs = Gradients({f(b, x)}, x);
    if (!dxs.ok()) return b.Error(dxs.status());
    Value sum = test_ops::Full(b, {DType::kFloat64, {}}, 0);
    for (const Value& dx : *dxs) sum = test_ops::Add(sum, test_ops::Unary("total", test_ops::Mul(dx, dx)));
    return sum;
  };
  const absl::Status second = CheckOnce(squared, point);
  return second.ok() ? "" : absl::StrCat("second order: ", second.ToString());
}

}  // namespace weft
