// The executor's inner loop.
#ifndef WEFT_GRAPH_EXEC_EXECUTE_H_
#define WEFT_GRAPH_EXEC_EXECUTE_H_

#include <atomic>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "core/tensor.h"
#include "core/thread_pool.h"
#include "graph/exec/code.h"
#include "graph/exec/context.h"

namespace weft {

struct ExecuteOptions {
  ThreadPool* pool = nullptr;
  const std::atomic<bool>* cancel = nullptr;
  int64_t deadline_unix_ns = 0;
};

// A run is Begin, Execute and, if that is OK, Finish. Dims, dtypes and pointers have been checked; flush-to-zero is
// set.

// Copies the inputs in. An input or output that is 64-byte aligned, a multiple of 64 bytes long and overlaps no other
// (kernels read and write whole vectors) is not copied, but used where it is.
void Begin(const Code& code, Context& context, absl::Span<const TensorView> inputs,
           absl::Span<const MutableTensorView> outputs);

// Runs the instructions up to code.finish. Cancelled or DeadlineExceeded only if no variable was written: the flag is
// looked at before each instruction up to code.commit, the clock whenever 20 us of estimated work have gone by.
absl::Status Execute(const Code& code, Context& context, const ExecuteOptions& options);

// Copies the outputs out, then the updates that were not computed in place.
void Finish(const Code& code, Context& context, absl::Span<const MutableTensorView> outputs);

}  // namespace weft

#endif  // WEFT_GRAPH_EXEC_EXECUTE_H_
