// Many threads on one Program, one pool, one State. Meant to be run with --config=tsan as well.
#include <atomic>
#include <thread>

#include "core/testing/status_matchers.h"
#include "graph/exec/program.h"
#include "graph/exec/testing/build_module.h"
#include "graph/ir/scan.h"

namespace weft {
namespace {

using namespace test_ops;  // NOLINT

// All of `threads` call f(thread); returns how many calls gave something else than "".
int Failures(int threads, const std::function<std::string(int)>& f) {
  std::vector<std::thread> running;
  std::atomic<int> failures = 0;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&, t] {
      std::string error = f(t);
      if (!error.empty()) {
        ++failures;
        ADD_FAILURE() << error;
      }
    });
  }
  for (std::thread& thread : running) thread.join();
  return failures;
}

CompileOptions EightShares() {
  CompileOptions options;
  options.target.threads = 8;
  options.target.force_shares = true;
  return options;
}

TEST(ConcurrencyTest, SixteenCallersOnAPoolWithOneWorkerAndOneProgram) {
  ModuleBuilder m;
  m.Variable("w", {33});
  m.Function("f", [](GraphBuilder& b) {
    Value xs = b.Input("xs", F32({Dim::Symbol("n"), 33})), w = b.Variable("w");
    ScanResult r = Scan(b, {w}, {xs}, [](GraphBuilder&, absl::Span<const Value> c, absl::Span<const Value> x) {
      Value next = Add(c[0], x[0]);
      return ScanStep{{next}, {Mul(next, c[0])}};
    });
    b.Output("last", r.carries[0]);
    b.Output("sums", Unary("rows_sum", r.outputs[0]));
  });
  WEFT_ASSERT_OK_AND_ASSIGN(auto module, m.Build());
  WEFT_ASSERT_OK_AND_ASSIGN(auto program, Program::Compile(module, "f", EightShares()));
  WEFT_ASSERT_OK_AND_ASSIGN(auto state, State::Create(module));
  const Variables contents = {{"w", Ramp({33}, 0, 0.25F)}};
  WEFT_ASSERT_OK(state->Set("w", contents.at("w")));
  ThreadPool pool(2);
  EXPECT_EQ(Failures(16,
                     [&](int t) -> std::string {
                       // Four different batches, none of which has been compiled yet.
                       const std::vector<Tensor> inputs = {Ramp({1 + t % 4, 33}, static_cast<float>(t), 0.5F)};
                       auto expected = RunByReference(*module, "f", inputs, contents);
                       if (!expected.ok()) return expected.status().ToString();
                       std::vector<TensorView> views(inputs.begin(), inputs.end());
                       for (int i = 0; i < 100; ++i) {
                         auto outputs = program->Run(*state, views, {.pool = &pool});
                         if (!outputs.ok()) return outputs.status().ToString();
                         for (size_t k = 0; k < outputs->size(); ++k) {
                           if (!BitEqual((*outputs)[k], expected->outputs[k])) return "another result";
                         }
                       }
                       return "";
                     }),
            0);
}

TEST(ConcurrencyTest, PredictsFromSnapshotsWhileTraining) {
  ModuleBuilder m;
  m.Variable("a", {3000}).Variable("b", {3000});
  m.Function("train", [](GraphBuilder& f) {
    Value x = f.Input("x", F32({3000}));
    f.Update("a", Add(f.Variable("a"), x));
    f.Update("b", Sub(f.Variable("b"), x));
  });
  m.Function("predict", [](GraphBuilder& f) { f.Output("y", Add(f.Variable("a"), f.Variable("b"))); });
  WEFT_ASSERT_OK_AND_ASSIGN(auto module, m.Build());
  WEFT_ASSERT_OK_AND_ASSIGN(auto state, State::Create(module));
  WEFT_ASSERT_OK_AND_ASSIGN(auto train, Program::Compile(module, "train", EightShares()));
  WEFT_ASSERT_OK_AND_ASSIGN(auto predict, Program::Compile(module, "predict", EightShares()));
  WEFT_ASSERT_OK(state->Publish());
  ThreadPool pool(2);
  std::atomic<bool> done = false;
  EXPECT_EQ(Failures(4,
                     [&](int t) -> std::string {
                       if (t == 0) {
                         const Tensor x = Ramp({3000});
                         std::vector<TensorView> inputs = {x};
                         absl::Status status;
                         for (int i = 0; i < 200 && status.ok(); ++i) {
                           status = train->Run(*state, inputs, {.pool = &pool}).status();
                           if (status.ok()) status = state->Publish();
                         }
                         done = true;
                         return status.ok() ? "" : status.ToString();
                       }
                       Tensor y = Ramp({3000});
                       std::vector<MutableTensorView> outputs = {y};
                       while (!done) {
                         SnapshotPtr snapshot = state->published();
                         absl::Status status = predict->Run(*snapshot, {}, outputs, {.pool = &pool});
                         if (!status.ok()) return status.ToString();
                         // In every snapshot the two are each other's negative.
                         for (float v : y.data<float>()) {
                           if (v != 0) return "a torn snapshot";
                         }
                       }
                       return "";
                     }),
            0);
}

TEST(ConcurrencyTest, CancellingFromAnotherThread) {
  ModuleBuilder m;
  m.Variable("a", {3000});
  m.Function("f", [](GraphBuilder& b) {
    Value x = b.Input("x", F32({3000}));
    for (int i = 0; i < 20; ++i) x = Nap(Unary("neg", x), 10);
    b.Update("a", Add(b.Variable("a"), x));
  });
  WEFT_ASSERT_OK_AND_ASSIGN(auto module, m.Build());
  WEFT_ASSERT_OK_AND_ASSIGN(auto program, Program::Compile(module, "f", EightShares()));
  WEFT_ASSERT_OK_AND_ASSIGN(auto state, State::Create(module));
  ThreadPool pool(2);
  const Tensor x = Ramp({3000}, 1, 0);
  std::vector<TensorView> inputs = {x};
  std::atomic<bool> cancel = false, done = false;
  int finished = 0;
  std::thread other([&] {
    while (!done) {
      cancel = !cancel;
      std::this_thread::sleep_for(std::chrono::microseconds(150));
    }
  });
  for (int i = 0; i < 200; ++i) {
    absl::Status status = program->Run(*state, inputs, {.pool = &pool, .cancel = &cancel}).status();
    if (status.ok()) {
      ++finished;
    } else {
      EXPECT_THAT(status, StatusIs(absl::StatusCode::kCancelled));
    }
  }
  done = true;
  other.join();
  // Each run has happened altogether or not at all.
  auto a = state->Get("a");
  for (float v : a->data<float>()) ASSERT_EQ(v, finished);
}

}  // namespace
}  // namespace weft
