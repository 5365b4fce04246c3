// argmax, argmin.
#include <algorithm>
#include <cmath>

#include "core/status.h"
#include "graph/exec/kernel.h"
#include "graph/exec/reference.h"
#include "ops/reduce/op_defs.h"
#include "ops/shape/indexing.h"

namespace weft {
namespace {

using Types = std::vector<TensorType>;

absl::StatusOr<Types> Infer(absl::Span<const TensorType> in, const AttrMap& attrs) {
  const int64_t axis = attrs.Int("axis");
  WEFT_RETURN_IF_ERROR(CheckAxis(axis, in[0].rank()));
  if (in[0].shape[static_cast<int>(axis)] == Dim(0)) {
    return InvalidArgument("expected at least one element along axis ", axis, ", got ", in[0].ToString());
  }
  Shape shape;
  for (int i = 0; i < in[0].rank(); ++i) {
    if (i != axis) shape.push_back(in[0].shape[i]);
  }
  return Types{{DType::kInt64, shape}};
}

// Whether v takes the place of an earlier `best`.
template <typename T>
bool Better(bool max, T v, T best) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(best)) return false;
    if (std::isnan(v)) return true;
  }
  return max ? v > best : v < best;
}

// The place of the first extremum of n elements `stride` apart; 0 if there are none.
template <typename T>
int64_t FirstExtremum(bool max, const T* x, int64_t n, int64_t stride) {
  int64_t best = 0;
  for (int64_t i = 1; i < n; ++i) {
    if (Better(max, x[i * stride], x[best * stride])) best = i;
  }
  return best;
}

void Reference(bool max, const RefTensor& x, int64_t axis, RefTensor& y) {
  const AxisView v = ViewAround(x.dims, axis);
  for (int64_t r = 0; r < v.outer * v.inner; ++r) {
    const int64_t begin = r / v.inner * v.size * v.inner + r % v.inner;
    y.i[r] = x.is_float() ? FirstExtremum(max, x.f.data() + begin, v.size, v.inner)
                          : FirstExtremum(max, x.i.data() + begin, v.size, v.inner);
  }
}

class ArgKernel : public Kernel {
 public:
  ArgKernel(bool max, const KernelRequest& request)
      : max_(max),
        dtype_(request.inputs[0].dtype),
        view_(ViewAround(request.inputs[0].dims, request.attrs.Int("axis"))) {
    estimated_ns_ = 10 + 1.5 * static_cast<double>(view_.outer * view_.size * view_.inner);
    shares_ = ChooseShares(request.target, estimated_ns_, std::max<int64_t>(1, view_.outer * view_.inner));
  }
  void Run(const KernelArgs& args, int share) const override {
    const Range results = ShareOf(view_.outer * view_.inner, 1, share, shares_);
    int64_t* out = static_cast<int64_t*>(args.outputs[0]);
    DispatchDType(dtype_, [&](auto tag) {
      using T = decltype(tag);
      const T* x = static_cast<const T*>(args.inputs[0]);
      for (int64_t r = results.begin; r < results.end; ++r) {
        const int64_t begin = r / view_.inner * view_.size * view_.inner + r % view_.inner;
        out[r] = FirstExtremum(max_, x + begin, view_.size, view_.inner);
      }
    });
  }

 private:
  bool max_;
  DType dtype_;
  AxisView view_;
};

OpDef Define(const char* name, bool max, const char* doc) {
  OpDef def;
  def.name = name;
  def.family = "reduce";
  def.doc = doc;
  def.inputs = {"x"};
  def.attrs = {{"axis", AttrKind::kInt, std::nullopt, "The axis that is searched; it is dropped."}};
  def.infer = Infer;
  def.differentiability = Differentiability::kZero;
  def.reference = [max](ReferenceArgs& args) {
    Reference(max, args.inputs[0], args.attrs.Int("axis"), args.outputs[0]);
    return absl::OkStatus();
  };
  def.kernel = [max](const KernelRequest& request) -> absl::StatusOr<std::unique_ptr<Kernel>> {
    return std::make_unique<ArgKernel>(max, request);
  };
  def.flops = [](absl::Span<const ConcreteType> in, absl::Span<const ConcreteType>, const AttrMap&) {
    return static_cast<double>(NumElements(in[0].dims));
  };
  return def;
}

}  // namespace

OpDef ArgMaxOp() {
  return Define(
      "argmax", true,
      "The index (i64) of the first maximum along `axis`, as NumPy: a NaN counts as the maximum, -0 equals +0. Any "
      "dtype. 0 where a symbolic axis turns out to be empty.");
}

OpDef ArgMinOp() {
  return Define(
      "argmin", false,
      "The index (i64) of the first minimum along `axis`, as NumPy: a NaN counts as the minimum, -0 equals +0. Any "
      "dtype. 0 where a symbolic axis turns out to be empty.");
}

}  // namespace weft
