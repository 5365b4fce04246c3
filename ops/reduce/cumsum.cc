#include <algorithm>

#include "core/status.h"
#include "graph/autodiff/gradient_args.h"
#include "graph/exec/kernel.h"
#include "graph/exec/reference.h"
#include "ops/reduce/op_defs.h"
#include "ops/reduce/reduce.h"
#include "ops/shape/indexing.h"

namespace weft {
namespace {

using Types = std::vector<TensorType>;

absl::StatusOr<Types> Infer(absl::Span<const TensorType> in, const AttrMap& attrs) {
  WEFT_RETURN_IF_ERROR(CheckAxis(attrs.Int("axis"), in[0].rank()));
  if (in[0].dtype == DType::kBool) {
    return InvalidArgument("expected a number type, got ", in[0].ToString(), ": Cast it first");
  }
  return Types{in[0]};
}

template <typename T>
T Plus(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return a + b;
  } else {
    return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));  // wraps
  }
}

// n running sums of elements `stride` apart, for `width` neighbouring columns.
template <typename T>
void RunningSums(const T* x, T* y, int64_t n, int64_t stride, int64_t width, bool reverse, bool exclusive) {
  for (int64_t i = 0; i < n; ++i) {
    const int64_t at = (reverse ? n - 1 - i : i) * stride, before = reverse ? at + stride : at - stride;
    if (exclusive) {
      for (int64_t c = 0; c < width; ++c) y[at + c] = i == 0 ? T{} : Plus(y[before + c], x[before + c]);
    } else {
      for (int64_t c = 0; c < width; ++c) y[at + c] = Plus(i == 0 ? T{} : y[before + c], x[at + c]);
    }
  }
}

absl::Status Reference(ReferenceArgs& args) {
  const RefTensor& x = args.inputs[0];
  RefTensor& y = args.outputs[0];
  const AxisView v = ViewAround(x.dims, args.attrs.Int("axis"));
  const bool reverse = args.attrs.Bool("reverse"), exclusive = args.attrs.Bool("exclusive");
  for (int64_t o = 0; o < v.outer; ++o) {
    const int64_t begin = o * v.size * v.inner;
    if (x.is_float()) {
      RunningSums(x.f.data() + begin, y.f.data() + begin, v.size, v.inner, v.inner, reverse, exclusive);
    } else {
      RunningSums(x.i.data() + begin, y.i.data() + begin, v.size, v.inner, v.inner, reverse, exclusive);
    }
  }
  return absl::OkStatus();
}

constexpr int64_t kBlock = 64;  // columns of one unit of work

class CumSumKernel : public Kernel {
 public:
  explicit CumSumKernel(const KernelRequest& request)
      : dtype_(request.inputs[0].dtype),
        view_(ViewAround(request.inputs[0].dims, request.attrs.Int("axis"))),
        reverse_(request.attrs.Bool("reverse")),
        exclusive_(request.attrs.Bool("exclusive")),
        blocks_((view_.inner + kBlock - 1) / kBlock) {
    estimated_ns_ = 10 + 1.5 * static_cast<double>(view_.outer * view_.size * view_.inner);
    shares_ = ChooseShares(request.target, estimated_ns_, std::max<int64_t>(1, view_.outer * blocks_));
  }
  void Run(const KernelArgs& args, int share) const override {
    const Range units = ShareOf(view_.outer * blocks_, 1, share, shares_);
    DispatchDType(dtype_, [&](auto tag) {
      using T = decltype(tag);
      if constexpr (kDTypeOf<T> != DType::kBool) {
        for (int64_t unit = units.begin; unit < units.end; ++unit) {
          const int64_t column = unit % blocks_ * kBlock;
          const int64_t begin = unit / blocks_ * view_.size * view_.inner + column;
          RunningSums(static_cast<const T*>(args.inputs[0]) + begin, static_cast<T*>(args.outputs[0]) + begin,
                      view_.size, view_.inner, std::min(kBlock, view_.inner - column), reverse_, exclusive_);
        }
      }
    });
  }

 private:
  DType dtype_;
  AxisView view_;
  bool reverse_, exclusive_;
  int64_t blocks_;
};

}  // namespace

OpDef CumSumOp() {
  OpDef def;
  def.name = "cumsum";
  def.family = "reduce";
  def.doc =
      "y[i] = x[0] + ... + x[i] along `axis`, one chain in index order that begins with 0 + x[0]. reverse: from the "
      "end; "
      "exclusive: without x[i] itself, so y begins with 0. f32, f64, i32, i64, u8 (integers wrap). Gradient: cumsum of "
      "dy in the other direction.";
  def.inputs = {"x"};
  def.attrs = {{"axis", AttrKind::kInt, std::nullopt, "The axis along which is summed."},
               {"reverse", AttrKind::kBool, false, "Whether sums begin at the end."},
               {"exclusive", AttrKind::kBool, false, "Whether y[i] is without x[i]."}};
  def.infer = Infer;
  def.differentiability = Differentiability::kGradient;
  def.gradient = [](const GradientArgs& args) {
    CumSumOptions other;
    other.reverse = !args.attrs().Bool("reverse");
    other.exclusive = args.attrs().Bool("exclusive");
    return args.Only(0, CumSum(args.dy(), static_cast<int>(args.attrs().Int("axis")), other));
  };
  def.reference = Reference;
  def.kernel = [](const KernelRequest& request) -> absl::StatusOr<std::unique_ptr<Kernel>> {
    return std::make_unique<CumSumKernel>(request);
  };
  return def;
}

}  // namespace weft
