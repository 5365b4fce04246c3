#include "models/interrupt.h"

#include <signal.h>

#include <atomic>

#include "absl/base/const_init.h"
#include "absl/synchronization/mutex.h"

namespace weft {
namespace {

// A signal belongs to the process, so these can only be globals.
std::atomic<int> received_count{0};
ABSL_CONST_INIT absl::Mutex mutex(absl::kConstInit);
int scopes = 0;             // guarded by mutex
struct sigaction previous;  // guarded by mutex

static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may not take a lock");
void OnInterrupt(int) { received_count.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

InterruptScope::InterruptScope(bool install)
    : installed_(install), count_before_(received_count.load(std::memory_order_relaxed)) {
  if (!install) return;
  absl::MutexLock lock(&mutex);
  if (++scopes > 1) return;
  struct sigaction action = {};
  action.sa_handler = OnInterrupt;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART | SA_RESETHAND;  // reads and writes go on; the second signal has its usual effect
  sigaction(SIGINT, &action, &previous);
}

InterruptScope::~InterruptScope() {
  if (!installed_) return;
  absl::MutexLock lock(&mutex);
  if (--scopes == 0) sigaction(SIGINT, &previous, nullptr);
}

bool InterruptScope::received() const {
  return installed_ && received_count.load(std::memory_order_relaxed) != count_before_;
}

}  // namespace weft
