// A few ops recorded on given tensors, and run.
#ifndef WEFT_OPS_TESTING_RECORD_AND_RUN_H_
#define WEFT_OPS_TESTING_RECORD_AND_RUN_H_

#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/tensor.h"
#include "graph/exec/target.h"
#include "graph/ir/builder.h"

namespace weft {

using RecordFn = std::function<std::vector<Value>(absl::Span<const Value> inputs)>;

// The values of what `record` returns, over AllOps(), on the target's kernels, between guard zones (RunGuarded).
absl::StatusOr<std::vector<Tensor>> RecordAndRun(absl::Span<const Tensor> inputs, const RecordFn& record,
                                                 const Target& target);

}  // namespace weft

#endif  // WEFT_OPS_TESTING_RECORD_AND_RUN_H_
