// For tests of what records: a function is recorded on inputs of the types of given tensors, and run on them.
#ifndef WEFT_MODELS_LOSSES_TESTING_RECORD_AND_RUN_H_
#define WEFT_MODELS_LOSSES_TESTING_RECORD_AND_RUN_H_

#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/tensor.h"
#include "graph/ir/builder.h"

namespace weft {

// The ops that models/ records with (all families but dense).
const OpRegistry& TestOps();

using RecordFn = std::function<std::vector<Value>(GraphBuilder& builder, absl::Span<const Value> inputs)>;

// The recorded function, with what `record` returns as outputs.
absl::StatusOr<GraphPtr> RecordGraph(absl::Span<const TensorType> inputs, const RecordFn& record);

// The function's outputs: on the reference ...
absl::StatusOr<std::vector<Tensor>> RunOnReference(absl::Span<const Tensor> inputs, const RecordFn& record);
// ... and with kernels, compiled as it was recorded.
absl::StatusOr<std::vector<Tensor>> RunOnKernels(absl::Span<const Tensor> inputs, const RecordFn& record);

TensorType TypeOf(const Tensor& tensor);
Tensor F32(std::vector<int64_t> dims, std::vector<float> values);
Tensor I32(std::vector<int64_t> dims, std::vector<int32_t> values);

// The largest |a - b| divided by the largest |b|; infinity for different dims, or a NaN in one of them only.
double RelativeError(const Tensor& a, const Tensor& b);

}  // namespace weft

#endif  // WEFT_MODELS_LOSSES_TESTING_RECORD_AND_RUN_H_
