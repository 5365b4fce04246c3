// A kernel over an op's reference: what runs float64, and ops that bring no kernel of their own.
#ifndef WEFT_GRAPH_EXEC_REFERENCE_KERNEL_H_
#define WEFT_GRAPH_EXEC_REFERENCE_KERNEL_H_

#include <vector>

#include "absl/status/status.h"
#include "graph/exec/kernel.h"

namespace weft {

class ReferenceKernel final : public Kernel {
 public:
  explicit ReferenceKernel(const KernelRequest& request);

  // RunOrFail; on an error the results are zero.
  void Run(const KernelArgs& args, int share) const override;
  absl::Status RunOrFail(const KernelArgs& args) const;
  // All operands are read before a result is written.
  bool MayAlias(int, int) const override { return true; }

 private:
  const OpDef& op_;
  AttrMap attrs_;
  SymbolBindings bindings_;
  std::vector<ConcreteType> inputs_, outputs_;
};

}  // namespace weft

#endif  // WEFT_GRAPH_EXEC_REFERENCE_KERNEL_H_
