#include "core/thread_pool.h"

#include <immintrin.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace weft {
namespace {

// Runs `shares` shares and expects each to have run exactly once, and its effect to be visible.
void CheckRun(ThreadPool& pool, int shares) {
  std::vector<int> runs(shares);  // not atomic: a share that ran twice at once would be a race that tsan reports
  pool.Run(shares, [&](int share) { ++runs[share]; });
  for (int share = 0; share < shares; ++share) ASSERT_EQ(runs[share], 1) << share << " of " << shares;
}

TEST(ThreadPool, EveryShareOnce) {
  for (int threads : {-1, 1, 2, 3, 4, 9}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads < 1 ? 1 : threads);
    for (int shares : {0, -5, 1, 2, 3, 4, 5, 8, 9, 10, 17, 100, 1000}) CheckRun(pool, shares < 0 ? 0 : shares);
    pool.Run(-5, [](int) { FAIL(); });
  }
}

TEST(ThreadPool, OptionsAreHonoured) {
  for (int spin_us : {0, 1, 1000}) {
    ThreadPool pool(ThreadPool::Options{.threads = 2, .spin_us = spin_us, .pin = true});
    for (int i = 0; i < 200; ++i) CheckRun(pool, 3);
  }
  EXPECT_GE(ThreadPool::AvailableProcessors(), 1);
}

TEST(ThreadPool, ThousandsOfTinyRuns) {
  for (int threads : {2, 4}) {
    ThreadPool pool(threads);
    std::vector<int64_t> sums(threads);
    for (int i = 0; i < 20000; ++i) {
      pool.Run(threads, [&](int share) { sums[share] += i; });
    }
    for (int64_t sum : sums) EXPECT_EQ(sum, int64_t{20000} * 19999 / 2);
  }
}

TEST(ThreadPool, WakesParkedWorkers) {
  ThreadPool pool(ThreadPool::Options{.threads = 2, .spin_us = 1});
  // Each share waits for the other: the run ends only if the worker takes part.
  for (int i = 0; i < 50; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(i % 3));
    std::atomic<int> arrived{0};
    pool.Run(2, [&](int) {
      ++arrived;
      while (arrived < 2) std::this_thread::yield();
    });
  }
}

TEST(ThreadPool, WorkerTakesItsOwnShare) {
  ThreadPool pool(2);
  std::vector<std::thread::id> ran(2);
  for (int i = 0; i < 50; ++i) {
    std::atomic<int> arrived{0};
    pool.Run(2, [&](int share) {
      ran[share] = std::this_thread::get_id();
      ++arrived;
      while (arrived < 2) std::this_thread::yield();
    });
    EXPECT_EQ(ran[0], std::this_thread::get_id());
    EXPECT_NE(ran[1], ran[0]);
  }
}

// The caller parks too where a worker's share is long.
TEST(ThreadPool, WaitsForASlowWorker) {
  ThreadPool pool(2);
  const auto caller = std::this_thread::get_id();
  for (int i = 0; i < 5; ++i) {
    std::atomic<bool> done{false};
    std::atomic<int> arrived{0};
    pool.Run(2, [&](int) {
      ++arrived;
      while (arrived < 2) std::this_thread::yield();
      if (std::this_thread::get_id() == caller) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      done = true;
    });
    EXPECT_TRUE(done);
  }
}

TEST(ThreadPool, ConcurrentCallers) {
  ThreadPool pool(2);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 16; ++caller) {
    callers.emplace_back([&pool, caller] {
      for (int i = 0; i < 500; ++i) CheckRun(pool, 1 + (i + caller) % 7);
    });
  }
  for (std::thread& caller : callers) caller.join();
}

TEST(ThreadPool, NestedRun) {
  ThreadPool pool(3);
  for (int i = 0; i < 200; ++i) {
    std::vector<int> runs(4 * 5 * 2);
    pool.Run(4, [&](int a) { pool.Run(5, [&](int b) { pool.Run(2, [&](int c) { ++runs[(a * 5 + b) * 2 + c]; }); }); });
    for (int count : runs) ASSERT_EQ(count, 1);
  }
}

TEST(ThreadPool, FlushBitsReachTheWorkersAndNoFurther) {
  ThreadPool pool(2);
  const unsigned own = _mm_getcsr();
  std::vector<unsigned> seen(2);
  auto both_look = [&] {
    std::atomic<int> arrived{0};
    pool.Run(2, [&](int share) {
      seen[share] = _mm_getcsr() & 0x8040;  // flush-to-zero, denormals-are-zero
      ++arrived;
      while (arrived < 2) std::this_thread::yield();
    });
  };
  both_look();
  EXPECT_EQ(seen, std::vector<unsigned>({own & 0x8040, own & 0x8040}));
  _mm_setcsr(own | 0x8040);
  both_look();
  EXPECT_EQ(seen, std::vector<unsigned>({0x8040, 0x8040}));
  EXPECT_EQ(_mm_getcsr() & 0x8040, 0x8040u);
  _mm_setcsr(own);
  both_look();
  EXPECT_EQ(seen, std::vector<unsigned>({own & 0x8040, own & 0x8040}));
}

TEST(ThreadPool, StartAndStop) {
  for (int i = 0; i < 100; ++i) {
    ThreadPool pool(4);
    if (i % 2 == 0) CheckRun(pool, 4);
  }
}

int64_t CpuMicros() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  auto micros = [](const timeval& t) { return int64_t{t.tv_sec} * 1000000 + t.tv_usec; };
  return micros(usage.ru_utime) + micros(usage.ru_stime);
}

TEST(ThreadPool, IdleUsesNoCpu) {
  ThreadPool pool(4);
  CheckRun(pool, 8);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const int64_t before = CpuMicros();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  EXPECT_LT(CpuMicros() - before, 5000);
}

}  // namespace
}  // namespace weft
