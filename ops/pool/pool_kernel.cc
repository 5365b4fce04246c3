#include "ops/pool/pool_kernel.h"

#include <algorithm>

#include "ops/pool/pool_type.h"

namespace weft {
namespace {

const PoolF32& KernelsFor(Isa isa) {
  switch (isa) {
    case Isa::kAvx512:
      return PoolF32Avx512();
    case Isa::kAvx2:
      return PoolF32Avx2();
    case Isa::kBaseline:
      break;
  }
  return PoolF32Baseline();
}

// dx and dy take the places of x and y.
PoolGeometry GeometryOf(Pooling pooling, absl::Span<const ConcreteType> inputs, const ConcreteType& output,
                        const AttrMap& attrs) {
  switch (pooling) {
    case Pooling::kMaxGradient:
      return GeometryOf(inputs[0].dims, inputs[1].dims, attrs);
    case Pooling::kAverageGradient:
      return GeometryOf(output.dims, inputs[0].dims, attrs);
    default:
      return GeometryOf(inputs[0].dims, output.dims, attrs);
  }
}

class PoolKernel : public Kernel {
 public:
  PoolKernel(Pooling pooling, const KernelRequest& request)
      : units_(pooling, request.inputs, request.outputs[0], request.attrs, request.target.isa) {
    estimated_ns_ = 20 + std::max(units_.compute_ns(), NsToMove(units_.bytes(), request.target));
    shares_ = ChooseShares(request.target, estimated_ns_, std::max<int64_t>(1, units_.units()));
  }

  void Run(const KernelArgs& args, int share) const override {
    const Range range = ShareOf(units_.units(), 1, share, shares_);
    units_.Run(args.inputs, range, static_cast<float*>(args.outputs[0]) + units_.Begin(range.begin));
  }

  bool MayAlias(int, int input) const override { return input == 0 && units_.may_write_over_x(); }

 private:
  const PoolF32Units units_;
};

}  // namespace

PoolF32Units::PoolF32Units(Pooling pooling, absl::Span<const ConcreteType> inputs, const ConcreteType& output,
                           const AttrMap& attrs, Isa isa)
    : pooling_(pooling), g_(GeometryOf(pooling, inputs, output, attrs)), fns_(KernelsFor(isa)) {
  const bool by_windows = !IsGradient(pooling) || g_.disjoint;
  units_ = g_.images * (by_windows ? g_.rows.windows : g_.rows.size);
  for (int64_t unit = 0; unit < (by_windows ? g_.rows.windows : 1) && unit < units_; ++unit) {
    largest_unit_ = std::max(largest_unit_, Begin(unit + 1) - Begin(unit));
  }
  int64_t moved = NumElements(output.dims);
  for (const ConcreteType& input : inputs) moved += NumElements(input.dims);
  bytes_ = 4.0 * static_cast<double>(moved);
  // About a nanosecond for 16 channels of an element of a window, and some for the window itself.
  const double windows = static_cast<double>(g_.images * g_.rows.windows * g_.columns.windows);
  const double taps = static_cast<double>(g_.rows.window * g_.columns.window);
  compute_ns_ = windows * (3 + (taps + 1) * static_cast<double>((g_.channels + 15) / 16) * 0.8);
}

int64_t PoolF32Units::Begin(int64_t unit) const {
  const int64_t line = g_.columns.size * g_.channels;
  if (!IsGradient(pooling_)) return unit * g_.columns.windows * g_.channels;
  if (!g_.disjoint) return unit * line;
  const int64_t image = unit / g_.rows.windows;
  return (image * g_.rows.size + g_.rows.Band(unit % g_.rows.windows).begin) * line;
}

void PoolF32Units::Run(const void* const* inputs, Range units, float* output) const {
  if (units.begin >= units.end) return;
  const float* a = static_cast<const float*>(inputs[0]);
  switch (pooling_) {
    case Pooling::kMax:
      return fns_.max(g_, a, units.begin, units.end, output);
    case Pooling::kAverage:
      return fns_.average(g_, a, units.begin, units.end, output);
    case Pooling::kMaxPick:
      return fns_.max_pick(g_, a, static_cast<const float*>(inputs[1]), units.begin, units.end, output);
    case Pooling::kMaxGradient:
      return fns_.max_gradient(g_, a, static_cast<const float*>(inputs[1]), units.begin, units.end, output);
    case Pooling::kAverageGradient:
      return fns_.average_gradient(g_, a, units.begin, units.end, output);
  }
}

double NsToMove(double bytes, const Target& target) {
  return bytes / (bytes > static_cast<double>(target.l2_bytes) ? 10 : 50);
}

absl::StatusOr<std::unique_ptr<Kernel>> MakePoolKernel(Pooling pooling, const KernelRequest& request) {
  if (request.inputs[0].dtype != DType::kFloat32) return nullptr;
  return std::make_unique<PoolKernel>(pooling, request);
}

}  // namespace weft
