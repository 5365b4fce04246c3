// One kernel with operands and results of its own, ready to be timed.
#ifndef WEFT_OPS_TESTING_BENCH_KERNEL_RIG_H_
#define WEFT_OPS_TESTING_BENCH_KERNEL_RIG_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "core/buffer.h"
#include "core/tensor_type.h"
#include "core/thread_pool.h"
#include "graph/exec/kernel.h"
#include "graph/ir/registry.h"

namespace weft {

struct RigSpec {
  std::string name;
  std::string op;
  AttrMap attrs = {};
  std::vector<TensorType> inputs = {};  // float32, of constant dims; in any layout
  // (a, b): `a` lies in the very memory of input b.
  std::vector<std::pair<int, int>> outputs_in_place = {};
  std::vector<std::pair<int, int>> same_inputs = {};  // REQUIRES: b < a
  float low = -0.5f;                                  // operands are evenly distributed over [low, low + 1)
  double flops = 0;                                   // floating-point operations a run; 0: what the op says
};

class KernelRig {
 public:
  // The first error of the op's type rule or its kernel; Unimplemented for operands or results that are not float32.
  static absl::StatusOr<std::unique_ptr<KernelRig>> Make(const OpRegistry& registry, const RigSpec& spec,
                                                         const Target& target);

  const std::string& name() const { return name_; }
  double flops() const { return flops_; }
  // Bytes of memory of operands and results, what lies in the same memory once.
  int64_t bytes() const { return bytes_; }
  int shares() const { return kernel_->shares(); }
  // One run of all shares.
  void Run(ThreadPool& pool);

 private:
  KernelRig() = default;
  absl::StatusOr<void*> NewMemory(const ConcreteType& type, float low);

  std::string name_;
  double flops_ = 0;
  int64_t bytes_ = 0;
  std::unique_ptr<Kernel> kernel_;
  std::vector<std::shared_ptr<Buffer>> buffers_;
  std::vector<const void*> inputs_;
  std::vector<void*> outputs_;
  std::vector<std::byte*> scratch_;
};

}  // namespace weft

#endif  // WEFT_OPS_TESTING_BENCH_KERNEL_RIG_H_
