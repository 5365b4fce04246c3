// softmax, log_softmax.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/status.h"
#include "graph/autodiff/gradient_args.h"
#include "graph/exec/kernel.h"
#include "graph/exec/reference.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"
#include "ops/shape/indexing.h"
#include "ops/softmax/op_defs.h"

namespace weft {
namespace {

using Types = std::vector<TensorType>;

absl::StatusOr<Types> Infer(absl::Span<const TensorType> in, const AttrMap& attrs) {
  if (!IsFloat(in[0].dtype)) return InvalidArgument("expected f32 or f64, got ", in[0].ToString());
  WEFT_RETURN_IF_ERROR(CheckAxis(attrs.Int("axis"), in[0].rank()));
  return Types{in[0]};
}

void Reference(bool log, const RefTensor& x, int64_t axis, RefTensor& y) {
  const AxisView v = ViewAround(x.dims, axis);
  for (int64_t r = 0; r < v.outer * v.inner; ++r) {
    const int64_t begin = r / v.inner * v.size * v.inner + r % v.inner;
    const RowSum row = ReferenceRowSum(x.f.data() + begin, v.size, v.inner);
    for (int64_t i = 0; i < v.size; ++i) {
      const double logarithm = (x.f[begin + i * v.inner] - row.max) - row.log_sum;
      y.f[begin + i * v.inner] = log ? logarithm : std::exp(logarithm);
    }
  }
}

constexpr int64_t kColumns = 16;  // a cache line: rows that are gathered together where the axis is not the last

class SoftmaxKernel : public Kernel {
 public:
  SoftmaxKernel(bool log, const KernelRequest& request)
      : view_(ViewAround(request.inputs[0].dims, request.attrs.Int("axis"))),
        fn_(log ? SoftmaxKernels(request.target.isa).log_softmax : SoftmaxKernels(request.target.isa).softmax),
        blocks_(view_.inner == 1 ? 1 : (view_.inner + kColumns - 1) / kColumns) {
    const double rows = static_cast<double>(view_.outer * view_.inner);
    estimated_ns_ = 10 + rows * (20 + static_cast<double>(view_.size) * (view_.inner == 1 ? 0.6 : 2));
    shares_ = ChooseShares(request.target, estimated_ns_, std::max<int64_t>(1, view_.outer * blocks_));
    if (view_.inner != 1) scratch_bytes_ = kColumns * view_.size * static_cast<int64_t>(sizeof(float));
  }

  void Run(const KernelArgs& args, int share) const override {
    const float* x = static_cast<const float*>(args.inputs[0]);
    float* y = static_cast<float*>(args.outputs[0]);
    const Range units = ShareOf(view_.outer * blocks_, 1, share, shares_);
    const auto [outer, n, inner] = view_;
    if (inner == 1) return fn_(x + units.begin * n, units.end - units.begin, n, y + units.begin * n);
    float* rows = reinterpret_cast<float*>(args.scratch);
    for (int64_t unit = units.begin; unit < units.end; ++unit) {
      const int64_t column = unit % blocks_ * kColumns, width = std::min(kColumns, inner - column);
      const int64_t begin = unit / blocks_ * n * inner + column;
      for (int64_t i = 0; i < n; ++i) {
        for (int64_t c = 0; c < width; ++c) rows[c * n + i] = x[begin + i * inner + c];
      }
      fn_(rows, width, n, rows);
      for (int64_t i = 0; i < n; ++i) {
        for (int64_t c = 0; c < width; ++c) y[begin + i * inner + c] = rows[c * n + i];
      }
    }
  }

  // A row is read before it is written.
  bool MayAlias(int, int) const override { return true; }

 private:
  AxisView view_;
  void (*fn_)(const float* x, int64_t rows, int64_t n, float* out);
  int64_t blocks_;
};

Value SumAlong(const GradientArgs& args, Value v) {
  return ReduceSum(v, {.axes = {static_cast<int>(args.attrs().Int("axis"))}, .keepdims = true});
}

std::vector<Value> SoftmaxGradient(const GradientArgs& args) {
  const Value y = args.output(), dy = args.dy();
  return args.Only(0, y * (dy - SumAlong(args, dy * y)));
}

std::vector<Value> LogSoftmaxGradient(const GradientArgs& args) {
  const Value dy = args.dy(), softmax = Exp(args.output());
  return args.Only(0, dy - softmax * SumAlong(args, dy));
}

OpDef Define(const char* name, bool log, const char* doc) {
  OpDef def;
  def.name = name;
  def.family = "softmax";
  def.doc = doc;
  def.inputs = {"x"};
  def.attrs = {{"axis", AttrKind::kInt, std::nullopt, "The axis along which the results sum to 1."}};
  def.infer = Infer;
  def.differentiability = Differentiability::kGradient;
  def.gradient = log ? LogSoftmaxGradient : SoftmaxGradient;
  def.reference = [log](ReferenceArgs& args) {
    Reference(log, args.inputs[0], args.attrs.Int("axis"), args.outputs[0]);
    return absl::OkStatus();
  };
  def.kernel = [log](const KernelRequest& request) -> absl::StatusOr<std::unique_ptr<Kernel>> {
    if (request.inputs[0].dtype != DType::kFloat32) return nullptr;
    return std::make_unique<SoftmaxKernel>(log, request);
  };
  def.flops = [](absl::Span<const ConcreteType> in, absl::Span<const ConcreteType>, const AttrMap&) {
    return 20.0 * static_cast<double>(NumElements(in[0].dims));
  };
  return def;
}

}  // namespace

const SoftmaxF32& SoftmaxKernels(Isa isa) {
  switch (isa) {
    case Isa::kAvx512:
      return SoftmaxF32Avx512();
    case Isa::kAvx2:
      return SoftmaxF32Avx2();
    case Isa::kBaseline:
      break;
  }
  return SoftmaxF32Baseline();
}

RowSum ReferenceRowSum(const double* x, int64_t n, int64_t stride) {
  double max = -std::numeric_limits<double>::infinity(), sum = 0;
  for (int64_t i = 0; i < n; ++i) max = std::isnan(max) || max > x[i * stride] ? max : x[i * stride];
  for (int64_t i = 0; i < n; ++i) sum += std::exp(x[i * stride] - max);
  return {max, std::log(sum)};
}

OpDef SoftmaxOp() {
  return Define(
      "softmax", false,
      "y_j = exp(x_j - m) / sum_k exp(x_k - m) along `axis`, m the maximum. f32 (sum in 64 lanes), f64. A row "
      "with NaN or +inf, or of -inf alone, gives NaN. Gradient: y (dy - sum(dy y)).");
}

OpDef LogSoftmaxOp() {
  return Define(
      "log_softmax", true,
      "y_j = (x_j - m) - log(sum_k exp(x_k - m)) along `axis`, m the maximum. f32 (sum in 64 lanes), f64. A row "
      "with NaN or +inf, or of -inf alone, gives NaN. Gradient: dy - exp(y) sum(dy).");
}

}  // namespace weft
