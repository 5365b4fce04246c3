#include "core/testing/io_fault.h"

#include <atomic>
#include <utility>

#include "absl/synchronization/mutex.h"

namespace weft {
namespace {

// The one piece of global state in core/, and empty outside tests.
std::atomic<bool> fault_is_set{false};
absl::Mutex& FaultMutex() {
  static auto* const mutex = new absl::Mutex;
  return *mutex;
}
IoFault& Fault() {
  static auto* const fault = new IoFault;
  return *fault;
}

}  // namespace

void SetIoFaultForTesting(IoFault fault) {
  absl::MutexLock lock(&FaultMutex());
  fault_is_set = static_cast<bool>(fault);
  Fault() = std::move(fault);
}

bool IoFaultAt(absl::string_view point) {
  if (!fault_is_set.load(std::memory_order_relaxed)) return false;
  absl::MutexLock lock(&FaultMutex());
  return Fault() && Fault()(point);
}

}  // namespace weft
