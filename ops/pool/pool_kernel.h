// The float32 kernels of the family, as something that runs units and knows where their results lie. Private to
// ops/pool.
#ifndef WEFT_OPS_POOL_POOL_KERNEL_H_
#define WEFT_OPS_POOL_POOL_KERNEL_H_

#include <memory>

#include "absl/status/statusor.h"
#include "graph/exec/kernel.h"
#include "ops/pool/f32_kernels.h"

namespace weft {

enum class Pooling : uint8_t { kMax, kAverage, kMaxPick, kMaxGradient, kAverageGradient };
constexpr bool IsGradient(Pooling pooling) { return pooling >= Pooling::kMaxGradient; }

// One pooling for concrete dims: see f32_kernels.h for what a unit is. Immutable.
class PoolF32Units {
 public:
  // `inputs`: of the pooling itself.
  PoolF32Units(Pooling pooling, absl::Span<const ConcreteType> inputs, const ConcreteType& output, const AttrMap& attrs,
               Isa isa);

  int64_t units() const { return units_; }
  // Where the results of a unit begin in the output, in elements; of units(): its end.
  int64_t Begin(int64_t unit) const;
  // Of all units, the most elements that one has.
  int64_t largest_unit() const { return largest_unit_; }
  void Run(const void* const* inputs, Range units, float* output) const;
  // Estimated time of all units, memory apart; and the bytes that move.
  double compute_ns() const { return compute_ns_; }
  double bytes() const { return bytes_; }
  // A band of x is read before dx is written there.
  bool may_write_over_x() const { return pooling_ == Pooling::kMaxGradient && g_.disjoint; }

 private:
  Pooling pooling_;
  PoolGeometry g_;
  const PoolF32& fns_;
  int64_t units_ = 0, largest_unit_ = 0;
  double compute_ns_ = 0, bytes_ = 0;
};

// Nanoseconds that `bytes` take to move: from memory, or (where they fit) the second-level cache.
double NsToMove(double bytes, const Target& target);

// Null for other dtypes than f32.
absl::StatusOr<std::unique_ptr<Kernel>> MakePoolKernel(Pooling pooling, const KernelRequest& request);

}  // namespace weft

#endif  // WEFT_OPS_POOL_POOL_KERNEL_H_
