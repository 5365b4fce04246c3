#include "graph/exec/kernel.h"

#include <algorithm>

#include "core/status.h"
#include "core/thread_pool.h"
#include "graph/exec/reference_kernel.h"
#include "graph/exec/relayout_kernel.h"
#include "graph/ir/graph.h"

namespace weft {

Target Target::Host(int threads) {
  Target target;
  target.isa = DefaultIsa();
  target.threads = threads > 0 ? threads : ThreadPool::AvailableProcessors();
  return target;
}

int ChooseShares(const Target& target, double estimated_ns, int64_t max_parts) {
  int64_t most = std::clamp<int64_t>(max_parts, 1, std::max(target.threads, 1));
  if (target.force_shares) return static_cast<int>(most);
  double worth = estimated_ns / (kWorthCuttingNs / 2);
  if (!(worth >= 2)) return 1;
  return static_cast<int>(worth < static_cast<double>(most) ? static_cast<int64_t>(worth) : most);
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeKernel(const KernelRequest& request) {
  if (request.op.name == kRelayoutOp) return MakeRelayoutKernel(request);
  if (request.op.kernel != nullptr) {
    absl::StatusOr<std::unique_ptr<Kernel>> kernel = request.op.kernel(request);
    if (!kernel.ok()) return Annotate(kernel.status(), absl::StrCat("kernel of ", request.op.name));
    if (*kernel != nullptr) return kernel;
  }
  if (request.op.reference == nullptr) return Internal("op ", request.op.name, " has neither kernel nor reference");
  return std::make_unique<ReferenceKernel>(request);
}

bool IsReferenceKernel(const Kernel& kernel) { return dynamic_cast<const ReferenceKernel*>(&kernel) != nullptr; }

}  // namespace weft
