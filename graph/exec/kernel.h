// Kernel: one node made ready to run for concrete dims. All decisions are taken when it is made.
#ifndef WEFT_GRAPH_EXEC_KERNEL_H_
#define WEFT_GRAPH_EXEC_KERNEL_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/tensor_type.h"
#include "graph/exec/target.h"
#include "graph/ir/op_def.h"

namespace weft {

struct KernelRequest {
  const OpDef& op;
  const AttrMap& attrs;
  absl::Span<const ConcreteType> inputs;
  absl::Span<const ConcreteType> outputs;
  const SymbolBindings& bindings;  // to evaluate dims in attributes
  const Target& target;
};

struct KernelArgs {
  // A buffer is 64-byte aligned and StorageBytes(type) long, so whole vectors may be read up to there; but inside a
  // Scan it may be a slice of a stacked value, of any alignment and with another slice right behind it. So kernels use
  // unaligned access, and never write behind the last element of a row-major result.
  const void* const* inputs;
  void* const* outputs;
  std::byte* scratch;  // scratch_bytes() for this share, 64-byte aligned, contents undefined
};

class Kernel {
 public:
  virtual ~Kernel() = default;

  // Runs one share. Shares of one call may run at the same time and in any order; together they write every output
  // element. The partition into shares never changes a result. No allocation, no lock, no exception, no output.
  virtual void Run(const KernelArgs& args, int share) const = 0;

  // Into how many independent parts the work is cut: 1 ... Target::threads. Small work is not cut (Target::force_shares
  // apart).
  int shares() const { return shares_; }
  // Of each share.
  int64_t scratch_bytes() const { return scratch_bytes_; }
  // Whether output `output` may lie in the very bytes of input `input` (same size): the kernel reads each element of
  // the input before it writes the output's element there, within one share.
  virtual bool MayAlias(int output, int input) const {
    static_cast<void>(output), static_cast<void>(input);
    return false;
  }
  // Estimated nanoseconds of one call on one core; the executor checks the clock and cuts loops by it.
  double estimated_ns() const { return estimated_ns_; }
  // Errors found while running (e.g. an index out of range) are not checked: kernels clamp or define every input's
  // result.

 protected:
  int shares_ = 1;
  int64_t scratch_bytes_ = 0;
  double estimated_ns_ = 100;
};

// Helper for partitions: part `share` of `total` units into `shares`, each part a multiple of `grain` (but the last).
struct Range {
  int64_t begin, end;
};
inline Range ShareOf(int64_t total, int64_t grain, int share, int shares) {
  int64_t grains = (total + grain - 1) / grain;
  int64_t begin = grains * share / shares * grain, end = grains * (share + 1) / shares * grain;
  return {begin < total ? begin : total, end < total ? end : total};
}
// How many shares work of `estimated_ns` that can be cut into at most `max_parts` deserves on this target. A fork and
// join costs 1 to 2 us, so work of less than kWorthCuttingNs is not cut, nor any into shares of less than half of that.
inline constexpr double kWorthCuttingNs = 9000;
int ChooseShares(const Target& target, double estimated_ns, int64_t max_parts);

// A kernel for the request: the op's own, or one that runs the op's reference. InvalidArgument if the op's dims do not
// work out; never null. The op outlives the kernel; nothing else of the request does.
absl::StatusOr<std::unique_ptr<Kernel>> MakeKernel(const KernelRequest& request);

// Whether the op's reference runs, for want of a kernel (float64; ops that bring none). It is slow, allocates, and can
// fail: then Run leaves the results zero, and a Program returns the error.
bool IsReferenceKernel(const Kernel& kernel);

}  // namespace weft

#endif  // WEFT_GRAPH_EXEC_KERNEL_H_
