// Short ways to a module, a state and a run, for tests.
#ifndef WEFT_GRAPH_EXEC_TESTING_BUILD_MODULE_H_
#define WEFT_GRAPH_EXEC_TESTING_BUILD_MODULE_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "graph/exec/program.h"
#include "graph/exec/reference.h"
#include "graph/exec/testing/test_ops.h"
#include "graph/ir/module.h"

namespace weft::test_ops {

inline TensorType F32(Shape shape) { return {DType::kFloat32, std::move(shape)}; }

// A tensor 0, step, 2 * step ... + start: all exact.
Tensor Ramp(absl::Span<const int64_t> dims, float start = 1, float step = 0.5F);

using Variables = absl::flat_hash_map<std::string, Tensor>;

// A module over TestOps() with f32 variables, and functions recorded by the callbacks.
class ModuleBuilder {
 public:
  ModuleBuilder() : module_(std::make_shared<Module>(TestOps())) {}
  ModuleBuilder& Variable(const std::string& name, absl::Span<const int64_t> dims);
  ModuleBuilder& Function(const std::string& name, const std::function<void(GraphBuilder&)>& record);
  // The first error, or the module.
  absl::StatusOr<std::shared_ptr<const Module>> Build();

 private:
  std::shared_ptr<Module> module_;
  absl::Status status_;
};

// What a function gives: outputs, then the contents of all variables afterwards.
struct Results {
  std::vector<Tensor> outputs;
  Variables variables;
};
// Compiled and run once on a new state with these contents.
absl::StatusOr<Results> RunCompiled(const std::shared_ptr<const Module>& module, const std::string& function,
                                    const std::vector<Tensor>& inputs, const Variables& variables,
                                    const CompileOptions& compile = {}, const RunOptions& run = {});
absl::StatusOr<Results> RunByReference(const Module& module, const std::string& function,
                                       const std::vector<Tensor>& inputs, const Variables& variables);
// "" if all is equal bit for bit, else what differs.
std::string Difference(const Results& a, const Results& b);

// Compiles with every combination of memory reuse, poison and forced shares, runs each twice, and compares all with the
// reference. "" if they agree.
std::string CheckAgainstReference(const std::shared_ptr<const Module>& module, const std::string& function,
                                  const std::vector<Tensor>& inputs, const Variables& variables);

}  // namespace weft::test_ops

#endif  // WEFT_GRAPH_EXEC_TESTING_BUILD_MODULE_H_
