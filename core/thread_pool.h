// A fork-join pool for short parallel sections, passed in by whoever runs a program; there is no global pool.
//
// Run(shares, fn) calls fn(0) ... fn(shares - 1), each exactly once, and returns when all are done. The caller takes
// part. Any number of threads may call Run on one pool at the same time: the one that gets the workers shares its work
// with them, the others run all their shares themselves, so nobody waits for a busy pool. Results cannot depend on who
// ran a share. A worker that has nothing to do spins for some tens of microseconds, then parks; an idle pool uses no
// CPU. Run neither allocates nor throws, and fn must not throw. fn may call Run, on the same pool too: there the shares
// run in the calling thread. A worker runs its shares with the caller's MXCSR control bits (rounding, flush-to-zero,
// denormals-are-zero), and gets its own back afterwards. What happened before Run is visible to every share, what the
// shares did is visible after it.
//
// Cost: about a microsecond where the workers are spinning, some ten where they must be woken.
#ifndef WEFT_CORE_THREAD_POOL_H_
#define WEFT_CORE_THREAD_POOL_H_

#include <memory>

#include "absl/functional/function_ref.h"

namespace weft {

class ThreadPool {
 public:
  struct Options {
    int threads = 1;   // that execute, the caller included: threads - 1 workers are started. At least 1, at most 1024.
    int spin_us = 50;  // how long a waiting worker spins before it parks; 0 if there are fewer processors than threads
    bool pin = false;  // worker i is bound to the i-th allowed processor (as far as there are any)
  };
  explicit ThreadPool(Options options);
  explicit ThreadPool(int threads);
  // Joins the workers. REQUIRES: no Run is going on.
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Threads that execute, the caller included: as asked for, or fewer if the system refused to start as many.
  int threads() const;

  // Calls fn(0) ... fn(shares - 1) and waits for them; with shares < 1 does nothing.
  // Share i is offered to thread i % threads first (the caller is thread 0), so that a thread keeps its own part of the
  // data from step to step, but any thread that has nothing left takes what others have not begun. Up to four shares a
  // thread therefore even out threads of unequal speed.
  void Run(int shares, absl::FunctionRef<void(int share)> fn);

  // The number of processors this process may use (its affinity mask), at least 1.
  static int AvailableProcessors();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weft

#endif  // WEFT_CORE_THREAD_POOL_H_
