// Crash injection for tests of what is left on disk when a process dies in the middle of writing.
#ifndef WEFT_CORE_TESTING_IO_FAULT_H_
#define WEFT_CORE_TESTING_IO_FAULT_H_

#include <functional>

#include "absl/strings/string_view.h"

namespace weft {

// Called at named points of every write; true makes the write "crash" there: it returns an Aborted status at once,
// cleans up nothing, and does none of what would follow. The points of WriteFileAtomically, in order: "create", "write"
// (the file is there, empty), "write_rest" (half of the contents are written), "sync", "rename", "sync_directory",
// "return". Other writers may have points of their own. An empty function switches the injection off. Thread-safe.
using IoFault = std::function<bool(absl::string_view point)>;
void SetIoFaultForTesting(IoFault fault);

// For writers: whether to crash at this point. Costs one relaxed load while no fault is set.
bool IoFaultAt(absl::string_view point);

}  // namespace weft

#endif  // WEFT_CORE_TESTING_IO_FAULT_H_
