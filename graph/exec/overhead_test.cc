// What the executor and the compiler cost by themselves. Measured and reported, not asserted: machines differ.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "core/testing/status_matchers.h"
#include "graph/exec/program.h"
#include "graph/exec/testing/build_module.h"
#include "graph/ir/scan.h"

namespace weft {
namespace {

using namespace test_ops;  // NOLINT
using Clock = std::chrono::steady_clock;

double NsSince(Clock::time_point begin) {
  return std::chrono::duration<double, std::nano>(Clock::now() - begin).count();
}

// The fastest of some runs, in nanoseconds.
double RunNs(const Program& program, State& state, const Tensor& x, Tensor& y, const RunOptions& options = {}) {
  const TensorView inputs[] = {x};
  const MutableTensorView outputs[] = {y};
  double best = 1e18;
  for (int i = 0; i < 50; ++i) {
    const auto begin = Clock::now();
    if (!program.Run(state, inputs, outputs, options).ok()) return -1;
    best = std::min(best, NsSince(begin));
  }
  return best;
}

TEST(OverheadTest, NanosecondsPerNode) {
  constexpr int kNodes = 10000;
  ModuleBuilder m;
  m.Function("chain", [](GraphBuilder& b) {
    Value x = b.Input("x", F32({4}));
    for (int i = 0; i < kNodes; ++i) x = Unary("neg", x);
    b.Output("y", x);
  });
  m.Function("one", [](GraphBuilder& b) { b.Output("y", Unary("neg", b.Input("x", F32({4})))); });
  m.Function("loop", [](GraphBuilder& b) {
    ScanResult r = Scan(b, {b.Input("x", F32({4}))}, {},
                        [](GraphBuilder&, absl::Span<const Value> c, absl::Span<const Value>) {
                          return ScanStep{{Unary("neg", c[0])}, {}};
                        },
                        {.length = Dim(kNodes)});
    b.Output("y", r.carries[0]);
  });
  WEFT_ASSERT_OK_AND_ASSIGN(auto module, m.Build());
  WEFT_ASSERT_OK_AND_ASSIGN(auto state, State::Create(module));
  const Tensor x = Ramp({4});
  Tensor y = Ramp({4});
  std::atomic<bool> cancel = false;
  const RunOptions watched = {.cancel = &cancel, .deadline_unix_ns = int64_t{1} << 62};
  for (const char* function : {"chain", "loop", "one"}) {
    WEFT_ASSERT_OK_AND_ASSIGN(auto program, Program::Compile(module, function, {}));
    const double nodes = function == std::string("one") ? 1 : kNodes;
    const double plain = RunNs(*program, *state, x, y), with_checks = RunNs(*program, *state, x, y, watched);
    std::printf("%s: %.1f ns per node, kernel included; with cancel flag and deadline %.1f\n", function, plain / nodes,
                with_checks / nodes);
    EXPECT_GT(plain, 0);
    EXPECT_GT(with_checks, 0);
  }
}

// What training a deep chain looks like: each layer's activation is read again on the way back, and its weight updated.
TEST(OverheadTest, CompileTimeGrowsWithTheGraph) {
  for (int layers : {250, 500, 1000, 2000, 8000}) {
    ModuleBuilder m;
    for (int i = 0; i < layers; ++i) m.Variable(absl::StrCat("w", i), {2000});
    m.Function("f", [&](GraphBuilder& b) {
      std::vector<Value> activations = {b.Input("x", F32({2000}))};
      for (int i = 0; i < layers; ++i) {
        activations.push_back(Unary("neg", Mul(activations.back(), b.Variable(absl::StrCat("w", i)))));
      }
      Value dy = activations.back();
      for (int i = layers - 1; i >= 0; --i) {
        Value w = b.Variable(absl::StrCat("w", i));
        b.Update(absl::StrCat("w", i), Sub(w, Mul(dy, activations[i])));
        dy = Mul(Unary("neg", dy), w);
      }
      b.Output("dx", dy);
    });
    WEFT_ASSERT_OK_AND_ASSIGN(auto module, m.Build());
    WEFT_ASSERT_OK_AND_ASSIGN(auto program, Program::Compile(module, "f", {}));
    WEFT_ASSERT_OK_AND_ASSIGN(ProgramStats stats, program->Stats({}));
    std::printf(
        "%d layers, %d nodes: compiled in %.1f ms, %.2f us per node; peak %.3f of the lower bound, %d copies\n", layers,
        program->graph().num_nodes(), stats.compile_ms, 1e3 * stats.compile_ms / program->graph().num_nodes(),
        static_cast<double>(stats.arena_bytes) / static_cast<double>(stats.lower_bound_bytes), stats.num_copies);
    EXPECT_LE(static_cast<double>(stats.arena_bytes), 1.1 * static_cast<double>(stats.lower_bound_bytes));
    EXPECT_EQ(stats.num_copies, 0);
  }
}

}  // namespace
}  // namespace weft
