#include "ops/testing/record_and_run.h"

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "ops/all_ops.h"
#include "ops/testing/kernel_sweep.h"

namespace weft {

absl::StatusOr<std::vector<Tensor>> RecordAndRun(absl::Span<const Tensor> inputs, const RecordFn& record,
                                                 const Target& target) {
  GraphBuilder b(AllOps());
  std::vector<Value> values;
  for (const Tensor& input : inputs) {
    values.push_back(b.Input(absl::StrCat("x", values.size()), {input.dtype(), Shape::FromDims(input.dims())}));
  }
  int next = 0;
  for (Value output : record(values)) b.Output(absl::StrCat("y", next++), output);
  WEFT_ASSIGN_OR_RETURN(const GraphPtr graph, b.Build());
  return RunGuarded(*graph, inputs, target);
}

}  // namespace weft
