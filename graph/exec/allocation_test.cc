// A warm run allocates nothing, on no thread. This file counts every allocation of the test binary; under a sanitizer,
// which has an allocator of its own, the tests skip themselves.
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <thread>

#include "core/testing/status_matchers.h"
#include "graph/exec/program.h"
#include "graph/exec/testing/build_module.h"
#include "graph/ir/scan.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WEFT_COUNTS_ALLOCATIONS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define WEFT_COUNTS_ALLOCATIONS 0
#endif
#endif
#ifndef WEFT_COUNTS_ALLOCATIONS
#define WEFT_COUNTS_ALLOCATIONS 1
#endif

namespace {
std::atomic<int64_t> allocations{0};
}  // namespace

#if WEFT_COUNTS_ALLOCATIONS
// In front of the C library's, so operator new is counted as well.
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* old, size_t size);
void* __libc_memalign(size_t alignment, size_t size);

void* malloc(size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_calloc(count, size);
}
void* realloc(void* old, size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_realloc(old, size);
}
void* memalign(size_t alignment, size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }
int posix_memalign(void** result, size_t alignment, size_t size) {
  *result = memalign(alignment, size);
  return *result == nullptr ? ENOMEM : 0;
}
}
#endif

namespace weft {
namespace {

using namespace test_ops;  // NOLINT

class AllocationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!WEFT_COUNTS_ALLOCATIONS) GTEST_SKIP() << "a sanitizer allocates in its own way";
    const int64_t before = allocations;
    std::free(std::malloc(100));
    delete new std::atomic<int64_t>;
    std::free(std::aligned_alloc(64, 128));
    ASSERT_GE(allocations - before, 2) << "the hook does not count";  // new may be left out by the compiler

    ModuleBuilder m;
    m.Variable("a", {50, 33}).Variable("step", {});
    m.Function("train", [](GraphBuilder& b) {
      Value xs = b.Input("xs", F32({Dim::Symbol("n"), 33})), a = b.Variable("a"), step = b.Variable("step");
      ScanResult r = Scan(b, {Full(b, F32({33}), 0)}, {xs},
                          [](GraphBuilder&, absl::Span<const Value> c, absl::Span<const Value> x) {
                            return ScanStep{{Add(c[0], x[0])}, {Mul(c[0], x[0])}};
                          });
      b.Output("sums", Unary("rows_sum", r.outputs[0]));
      b.Update("a", Mul(a, Unary("total", r.carries[0])));
      b.Update("step", Add(step, Full(b, F32({}), 1)));
    });
    m.Function("predict",
               [](GraphBuilder& b) { b.Output("y", Unary("rows_sum", Mul(b.Variable("a"), b.Input("x", F32({}))))); });
    module_ = *m.Build();
    state_ = *State::Create(module_);
    CompileOptions options;
    options.target.threads = 4;
    options.target.force_shares = true;
    train_ = *Program::Compile(module_, "train", options);
    predict_ = *Program::Compile(module_, "predict", options);
  }
  std::shared_ptr<const Module> module_;
  std::unique_ptr<State> state_;
  std::shared_ptr<const Program> train_, predict_;
};

TEST_F(AllocationTest, AWarmRunAllocatesNothingOnAnyThread) {
  ThreadPool pool(3);
  const Tensor x4 = Ramp({4, 33}), x7 = Ramp({7, 33});
  Tensor y4 = Ramp({4}), y7 = Ramp({7});
  std::atomic<bool> cancel = false;
  const RunOptions options = {.pool = &pool, .cancel = &cancel, .deadline_unix_ns = int64_t{1} << 62};
  auto run = [&](const Tensor& x, Tensor& y) {
    const TensorView inputs[] = {x};
    const MutableTensorView outputs[] = {y};
    return train_->Run(*state_, inputs, outputs, options).ok();
  };
  auto run_all = [&](int times) {
    bool ok = true;
    for (int i = 0; i < times; ++i) ok = run(x4, y4) && run(x7, y7) && state_->Publish().ok() && ok;
    return ok;
  };
  ASSERT_TRUE(run_all(3));
  const int64_t before = allocations;
  const bool ok = run_all(100);
  EXPECT_EQ(allocations - before, 0);
  EXPECT_TRUE(ok);
}

TEST_F(AllocationTest, NeitherDoManyCallersAtOnce) {
  ThreadPool pool(2);
  ASSERT_TRUE(state_->Publish().ok());
  constexpr int kThreads = 8, kRounds = 20;
  std::atomic<int> at_barrier = 0, failed = 0;
  std::vector<std::thread> threads;
  int64_t counted[kRounds];
  // All arrive, one notes the count, all go on.
  auto barrier = [&](int number) {
    ++at_barrier;
    while (at_barrier < number * kThreads) std::this_thread::yield();
  };
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const Tensor x = Tensor::Scalar(DType::kFloat32, 2);
      Tensor y = Ramp({50});
      const TensorView inputs[] = {x};
      const MutableTensorView outputs[] = {y};
      for (int round = 0; round < kRounds; ++round) {
        barrier(2 * round + 1);
        if (t == 0) counted[round] = allocations;
        barrier(2 * round + 2);
        for (int i = 0; i < 20; ++i) {
          SnapshotPtr snapshot = state_->published();
          if (!predict_->Run(*snapshot, inputs, outputs, {.pool = &pool}).ok()) ++failed;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  // A context is made whenever more callers than ever before are inside at once, so in kThreads of the rounds at most:
  // in all others nothing is allocated.
  int rounds_with_allocations = 0;
  for (int round = 1; round < kRounds; ++round) rounds_with_allocations += counted[round] != counted[round - 1];
  EXPECT_LE(rounds_with_allocations, kThreads);
}

}  // namespace
}  // namespace weft
