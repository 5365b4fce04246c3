// What holds around a run: cancellation, deadlines, floating-point mode, threads, allocations, idling.
#include <immintrin.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "core/testing/status_matchers.h"
#include "graph/exec/program.h"
#include "graph/exec/testing/build_module.h"
#include "graph/ir/scan.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using namespace test_ops;  // NOLINT
using Clock = std::chrono::steady_clock;

constexpr int64_t kLarge = 5000;  // elements: more than what is kept to the end

double MsSince(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}
int64_t UnixNanosIn(std::chrono::milliseconds delay) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             (std::chrono::system_clock::now() + delay).time_since_epoch())
      .count();
}

// y = x after `naps` naps of 1 ms; then a += x, large; and a small step counter, recorded first.
class SlowProgram {
 public:
  explicit SlowProgram(int naps, int naps_behind_the_update = 0) {
    ModuleBuilder m;
    m.Variable("a", {kLarge}).Variable("step", {});
    m.Function("f", [&](GraphBuilder& b) {
      Value step = b.Variable("step"), next = Add(step, Full(b, F32({}), 1));
      b.Update("step", next);
      Value x = b.Input("x", F32({kLarge}));
      Value y = Mul(x, next);
      for (int i = 0; i < naps; ++i) y = Nap(y, 1000);
      b.Update("a", Add(b.Variable("a"), y));
      Value z = y;
      for (int i = 0; i < naps_behind_the_update; ++i) z = Nap(z, 1000);
      b.Output("z", z);
    });
    // The same in a loop.
    m.Function("loop", [&](GraphBuilder& b) {
      Value x = b.Input("x", F32({kLarge}));
      ScanResult r = Scan(b, {x, x}, {},
                          [&](GraphBuilder&, absl::Span<const Value> c, absl::Span<const Value>) {
                            return ScanStep{{Nap(Add(c[0], c[1]), 1000), c[0]}, {Unary("total", c[0])}};
                          },
                          {.length = Dim(naps)});
      b.Update("a", r.carries[0]);
      b.Output("z", r.carries[1]);
    });
    module = *m.Build();
    state = *State::Create(module);
    program = *Program::Compile(module, "f", {});
    loop = *Program::Compile(module, "loop", {});
  }
  absl::Status Run(const Program& p, const RunOptions& options) {
    std::vector<TensorView> inputs = {x};
    std::vector<MutableTensorView> outputs = {z};
    return p.Run(*state, inputs, outputs, options);
  }
  bool Untouched() {
    auto a = state->Get("a"), step = state->Get("step");
    return a->AtDouble(0) == 0 && a->AtDouble(kLarge - 1) == 0 && step->AtDouble(0) == 0 && z.AtDouble(0) == 77;
  }

  std::shared_ptr<const Module> module;
  std::unique_ptr<State> state;
  std::shared_ptr<const Program> program, loop;
  Tensor x = Ramp({kLarge}), z = Ramp({kLarge}, 77);
};

TEST(RunTest, CancelledBeforeItBegins) {
  SlowProgram slow(1);
  std::atomic<bool> cancel = true;
  EXPECT_THAT(slow.Run(*slow.program, {.cancel = &cancel}), StatusIs(absl::StatusCode::kCancelled, HasSubstr("f: ")));
  EXPECT_TRUE(slow.Untouched());
  cancel = false;
  WEFT_EXPECT_OK(slow.Run(*slow.program, {.cancel = &cancel}));
  EXPECT_FALSE(slow.Untouched());
}

TEST(RunTest, CancelledHalfWayNothingHasChangedAndTheNextRunIsRight) {
  SlowProgram slow(200);
  for (const Program* program : {slow.program.get(), slow.loop.get()}) {
    std::atomic<bool> cancel = false;
    std::thread other([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      cancel = true;
    });
    const auto begin = Clock::now();
    const unsigned mxcsr = _mm_getcsr();
    const absl::Status status = slow.Run(*program, {.cancel = &cancel});
    const unsigned after = _mm_getcsr();  // at once: what the test itself computes may raise a flag
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kCancelled));
    EXPECT_EQ(after, mxcsr);
    EXPECT_LT(MsSince(begin), 150);
    other.join();
    EXPECT_TRUE(slow.Untouched());
  }
  SlowProgram fast(3);  // slots that a loop has moved are back in place
  std::atomic<bool> cancel = false;
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::microseconds(1500));
    cancel = true;
  });
  static_cast<void>(fast.Run(*fast.loop, {.cancel = &cancel}));
  other.join();
  WEFT_ASSERT_OK(fast.Run(*fast.loop, {}));
  EXPECT_EQ(fast.z.AtDouble(0), 3);
  EXPECT_EQ(fast.state->Get("a")->AtDouble(0), 5);  // 1, 2, 3, 5
}

TEST(RunTest, BehindTheFirstLargeUpdateARunGoesToItsEnd) {
  SlowProgram slow(0, 30);
  std::atomic<bool> cancel = false;
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(8));
    cancel = true;
  });
  WEFT_EXPECT_OK(slow.Run(*slow.program, {.cancel = &cancel}));
  other.join();
  EXPECT_EQ(slow.state->Get("a")->AtDouble(0), 1);
  EXPECT_EQ(slow.state->Get("step")->AtDouble(0), 1);
  EXPECT_EQ(slow.z.AtDouble(0), 1);
}

TEST(RunTest, Deadlines) {
  SlowProgram slow(200);
  for (const Program* program : {slow.program.get(), slow.loop.get()}) {
    auto begin = Clock::now();
    EXPECT_THAT(slow.Run(*program, {.deadline_unix_ns = UnixNanosIn(std::chrono::milliseconds(-1))}),
                StatusIs(absl::StatusCode::kDeadlineExceeded));
    EXPECT_LT(MsSince(begin), 20);
    begin = Clock::now();
    EXPECT_THAT(slow.Run(*program, {.deadline_unix_ns = UnixNanosIn(std::chrono::milliseconds(10))}),
                StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("no variable was changed")));
    EXPECT_LT(MsSince(begin), 150);
    EXPECT_TRUE(slow.Untouched());
  }
  WEFT_EXPECT_OK(
      SlowProgram(2).Run(*SlowProgram(2).program, {.deadline_unix_ns = UnixNanosIn(std::chrono::milliseconds(60000))}));
}

TEST(RunTest, FlushToZeroIsSetOnEveryThreadAndRestored) {
  ModuleBuilder m;
  m.Function("f", [](GraphBuilder& b) {
    Value x = b.Input("x", F32({1000}));
    b.Output("y", Unary("flushes", x));
  });
  m.Function("fails", [](GraphBuilder& b) { b.Output("y", Unary("fails", b.Input("x", F32({1000})))); });
  WEFT_ASSERT_OK_AND_ASSIGN(auto module, m.Build());
  WEFT_ASSERT_OK_AND_ASSIGN(auto state, State::Create(module));
  CompileOptions options;
  options.target.threads = 8;
  options.target.force_shares = true;
  WEFT_ASSERT_OK_AND_ASSIGN(auto program, Program::Compile(module, "f", options));
  WEFT_ASSERT_OK_AND_ASSIGN(auto fails, Program::Compile(module, "fails", options));
  ThreadPool pool(3);
  const Tensor x = Ramp({1000});
  std::vector<TensorView> inputs = {x};
  // Exception flags and rounding mode are the caller's too.
  for (unsigned mxcsr : {0x1F80U, 0x1FA1U, 0x9FC0U, 0x3F80U}) {
    _mm_setcsr(mxcsr);
    absl::StatusOr<std::vector<Tensor>> y = program->Run(*state, inputs, {.pool = &pool});
    const unsigned after = _mm_getcsr();
    absl::Status failed = fails->Run(*state, inputs, {.pool = &pool}).status();
    const unsigned after_error = _mm_getcsr();
    _mm_setcsr(0x1F80);
    WEFT_ASSERT_OK(y.status());
    for (int64_t i = 0; i < 1000; ++i) ASSERT_EQ((*y)[0].AtDouble(i), 1);
    EXPECT_EQ(after, mxcsr);
    EXPECT_THAT(failed, StatusIs(absl::StatusCode::kInternal));
    EXPECT_EQ(after_error, mxcsr);
  }
}

TEST(RunTest, TheResultDoesNotDependOnThePool) {
  ModuleBuilder m;
  m.Variable("a", {100, 37});
  m.Function("f", [](GraphBuilder& b) {
    Value x = b.Input("x", F32({100, 37})), a = b.Variable("a");
    b.Output("y", Unary("rows_sum", Mul(x, a)));
    b.Update("a", Sub(a, x));
  });
  WEFT_ASSERT_OK_AND_ASSIGN(auto module, m.Build());
  const Variables contents = {{"a", Ramp({100, 37}, -2, 0.125F)}};
  const std::vector<Tensor> inputs = {Ramp({100, 37})};
  WEFT_ASSERT_OK_AND_ASSIGN(Results expected, RunByReference(*module, "f", inputs, contents));
  for (int threads : {1, 2, 8}) {
    CompileOptions options;
    options.target.threads = threads;
    options.target.force_shares = true;
    for (int workers : {0, 1, 2, 4}) {
      ThreadPool pool(std::max(workers, 1));
      RunOptions run;
      run.pool = workers == 0 ? nullptr : &pool;
      WEFT_ASSERT_OK_AND_ASSIGN(Results results, RunCompiled(module, "f", inputs, contents, options, run));
      EXPECT_EQ(Difference(results, expected), "") << threads << " shares, " << workers << " threads";
    }
  }
}

double CpuMs() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  auto ms = [](const timeval& t) {
    return 1e3 * static_cast<double>(t.tv_sec) + 1e-3 * static_cast<double>(t.tv_usec);
  };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

TEST(RunTest, NothingRunsBetweenRuns) {
  SlowProgram slow(1);
  ThreadPool pool(2);
  WEFT_ASSERT_OK(slow.Run(*slow.program, {.pool = &pool}));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const double before = CpuMs();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  EXPECT_LT(CpuMs() - before, 5);
}

}  // namespace
}  // namespace weft
