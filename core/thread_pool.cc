#include "core/thread_pool.h"

#include <immintrin.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <climits>
#include <cstdint>
#include <system_error>
#include <thread>
#include <vector>

namespace weft {
namespace {

constexpr int kMaxThreads = 1024;
constexpr int kSlotsPerThread = 4;

// The state word. A *section* is the time during which one Run has the workers:
//
//     closed --Run stores a new section number | kOpen--> open --Run clears kOpen--> closing --last worker leaves-->
//     closed
//
// A worker enters by adding 1 to the count while kOpen is set (one compare-and-swap), and leaves by subtracting it. Run
// clears kOpen when no share is left to take, and returns once the count is 0: then every share that was taken is done,
// and no worker looks at the section's data any more, however late it woke up.
constexpr uint32_t kStop = 1u << 31;     // the pool is being destroyed
constexpr uint32_t kOpen = 1u << 30;     // workers may enter
constexpr uint32_t kWaiting = 1u << 29;  // Run is parked until the count is 0
constexpr int kSectionShift = 11;
constexpr uint32_t kActive = (1u << kSectionShift) - 1;               // how many workers are inside
constexpr uint32_t kSection = ~(kStop | kOpen | kWaiting | kActive);  // number of the section, modulo 2^18

static_assert(kMaxThreads <= static_cast<int>(kActive));

void FutexWait(std::atomic<uint32_t>* word, uint32_t expected) {
  // Returns at once where *word is no longer `expected`; may return for no reason. Callers check and repeat.
  syscall(SYS_futex, reinterpret_cast<uint32_t*>(word), FUTEX_WAIT_PRIVATE, expected, nullptr, nullptr, 0);
}

void FutexWake(std::atomic<uint32_t>* word, int how_many) {
  syscall(SYS_futex, reinterpret_cast<uint32_t*>(word), FUTEX_WAKE_PRIVATE, how_many, nullptr, nullptr, 0);
}

// Pauses, and tells when `spin_us` have passed since it was made. The clock is read at every 16th pause (some 0.5 us).
class Spinner {
 public:
  explicit Spinner(int spin_us) : spin_us_(spin_us) {}
  bool Spin() {
    if (spin_us_ <= 0) return false;
    _mm_pause();
    if (++pauses_ % 16 != 0) return true;
    const auto now = std::chrono::steady_clock::now();
    if (pauses_ == 16) end_ = now + std::chrono::microseconds(spin_us_);
    return now < end_;
  }

 private:
  int spin_us_;
  uint32_t pauses_ = 0;
  std::chrono::steady_clock::time_point end_;
};

// MXCSR without the sticky exception flags in its low six bits, which belong to the thread that raised them.
constexpr unsigned kMxcsrControl = 0xFFC0;

// The processors of the affinity mask, ascending; empty if the system won't tell.
std::vector<int> AllowedProcessors() {
  std::vector<int> allowed;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return allowed;
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &set)) allowed.push_back(i);
  }
  return allowed;
}

}  // namespace

struct ThreadPool::Impl {
  // The words below are written by different threads at different times: each has a cache line of its own.
  alignas(64) std::atomic<uint32_t> state{0};
  alignas(64) std::atomic<uint32_t> parked{0};  // workers parked on `state`, or about to
  alignas(64) std::atomic<uint32_t> done{0};    // a parked Run waits for this to change
  alignas(64) std::atomic<bool> taken{false};   // some Run has the workers

  // The section's data: written by the Run that has the workers while nobody is inside, read by those inside.
  alignas(64) const absl::FunctionRef<void(int)>* fn = nullptr;
  int shares = 0;
  unsigned mxcsr = 0;
  uint64_t section = 0;  // never repeats

  // The first shares are taken by writing the section's number into their slot, so a new section needs no clearing; the
  // others are taken in order from a counter. A thread begins with shares of its own: share i is thread i % threads'.
  alignas(64) std::atomic<int> next{0};
  const int threads;  // as asked for
  std::vector<std::atomic<uint64_t>> slots;

  int spin_us;
  std::vector<std::thread> workers;

  explicit Impl(Options options);
  ~Impl();
  void WorkerLoop(int self);
  // Waits for a section other than `last` that is open, or the end. Returns the state entered, with kStop if the end.
  uint32_t WaitAndEnter(uint32_t last);
  void Leave();
  bool Take(int share) {
    return slots[share].load(std::memory_order_relaxed) != section &&
           slots[share].exchange(section, std::memory_order_relaxed) != section;
  }
  // Runs the share `self`, then whatever is left.
  void RunShares(int self);
  void CloseAndWait();
};

ThreadPool::Impl::Impl(Options options)
    : threads(std::clamp(options.threads, 1, kMaxThreads)), slots(kSlotsPerThread * threads) {
  // With more threads than processors a spinning thread would hold the processor that the awaited one needs.
  spin_us = threads > AvailableProcessors() ? 0 : options.spin_us;
  workers.reserve(threads - 1);
  const std::vector<int> processors = options.pin ? AllowedProcessors() : std::vector<int>();
  for (int i = 1; i < threads; ++i) {
    try {
      workers.emplace_back([this, i] { WorkerLoop(i); });
    } catch (const std::system_error&) {
      break;  // a limit on threads: the pool works with those it has
    }
    if (i < static_cast<int>(processors.size())) {
      cpu_set_t set;
      CPU_ZERO(&set);
      CPU_SET(processors[i], &set);
      pthread_setaffinity_np(workers.back().native_handle(), sizeof(set), &set);  // a hint: failure is no harm
    }
  }
}

ThreadPool::Impl::~Impl() {
  state.fetch_or(kStop);
  FutexWake(&state, INT_MAX);
  for (std::thread& worker : workers) worker.join();
}

uint32_t ThreadPool::Impl::WaitAndEnter(uint32_t last) {
  uint32_t seen = last;
  Spinner spinner(spin_us);
  while (true) {
    uint32_t now = state.load(std::memory_order_relaxed);
    if (now & kStop) return now;
    if ((now & kOpen) && (now & kSection) != last) {
      if (state.compare_exchange_weak(now, now + 1, std::memory_order_acquire, std::memory_order_relaxed)) return now;
      continue;
    }
    if ((now & kSection) != seen) {  // missed one, but the pool is in use
      seen = now & kSection;
      spinner = Spinner(spin_us);
    }
    if (spinner.Spin()) continue;

    // Park. Run opens a section and then looks at `parked`; here `parked` grows and then the state is looked at. All
    // four are sequentially consistent, so either Run sees a parked worker and wakes it, or the worker sees the
    // section.
    parked.fetch_add(1);
    now = state.load();
    const bool work = (now & kStop) || ((now & kOpen) && (now & kSection) != last);
    if (!work) FutexWait(&state, now);
    parked.fetch_sub(1);
    spinner = Spinner(spin_us);
  }
}

void ThreadPool::Impl::Leave() {
  const uint32_t before = state.fetch_sub(1, std::memory_order_release);
  if ((before & kActive) == 1 && (before & kWaiting)) {
    done.fetch_add(1, std::memory_order_release);
    FutexWake(&done, 1);
  }
}

void ThreadPool::Impl::WorkerLoop(int self) {
  uint32_t last = 0;  // sections are numbered from 1
  while (true) {
    const uint32_t entered = WaitAndEnter(last);
    if (entered & kStop) return;
    last = entered & kSection;
    const unsigned own = _mm_getcsr();
    _mm_setcsr((own & ~kMxcsrControl) | mxcsr);
    RunShares(self);
    _mm_setcsr(own);
    Leave();
  }
}

void ThreadPool::Impl::RunShares(int self) {
  const int with_slot = std::min(shares, static_cast<int>(slots.size()));
  for (int share = self; share < with_slot; share += threads) {
    if (Take(share)) (*fn)(share);
  }
  // The counter first: its shares are nobody's own.
  while (next.load(std::memory_order_relaxed) < shares) {
    const int share = next.fetch_add(1, std::memory_order_relaxed);
    if (share >= shares) break;
    (*fn)(share);
  }
  // Then what others have not begun, from the end, where they are last.
  for (int share = with_slot - 1; share >= 0; --share) {
    if (Take(share)) (*fn)(share);
  }
}

void ThreadPool::Impl::CloseAndWait() {
  uint32_t now = state.fetch_and(~kOpen, std::memory_order_acquire);
  Spinner spinner(spin_us);
  while (now & kActive) {
    if (!spinner.Spin()) {
      const uint32_t before = done.load(std::memory_order_relaxed);
      if (!(state.fetch_or(kWaiting, std::memory_order_acquire) & kActive)) return;
      FutexWait(&done, before);
    }
    now = state.load(std::memory_order_acquire);
  }
}

ThreadPool::ThreadPool(Options options) : impl_(std::make_unique<Impl>(options)) {}

ThreadPool::ThreadPool(int threads) : ThreadPool(Options{.threads = threads}) {}

ThreadPool::~ThreadPool() = default;

int ThreadPool::threads() const { return static_cast<int>(impl_->workers.size()) + 1; }

void ThreadPool::Run(int shares, absl::FunctionRef<void(int)> fn) {
  Impl& pool = *impl_;
  // A nested call finds the workers taken as well, by the section that it is part of.
  if (shares <= 1 || pool.workers.empty() || pool.taken.load(std::memory_order_relaxed) ||
      pool.taken.exchange(true, std::memory_order_acquire)) {
    for (int share = 0; share < shares; ++share) fn(share);
    return;
  }
  pool.fn = &fn;
  pool.shares = shares;
  pool.mxcsr = _mm_getcsr() & kMxcsrControl;
  ++pool.section;
  pool.next.store(std::min(shares, static_cast<int>(pool.slots.size())), std::memory_order_relaxed);
  // Nobody is inside, so the state can be stored as a whole; that also clears kWaiting.
  pool.state.store((static_cast<uint32_t>(pool.section << kSectionShift) & kSection) | kOpen);
  if (const uint32_t parked = pool.parked.load(); parked > 0) {
    FutexWake(&pool.state, std::min<int>(shares - 1, static_cast<int>(parked)));
  }
  pool.RunShares(0);
  pool.CloseAndWait();
  pool.taken.store(false, std::memory_order_release);
}

int ThreadPool::AvailableProcessors() {
  const int allowed = static_cast<int>(AllowedProcessors().size());
  return allowed > 0 ? allowed : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace weft
