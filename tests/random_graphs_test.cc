// Optimized = unoptimized on random graphs: bit for bit under exact rewrites, to 1e-5 under all; and whatever the
// planner does with memory.
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/testing/status_matchers.h"
#include "graph/exec/program.h"
#include "graph/passes/passes.h"
#include "graph/passes/pipeline.h"
#include "graph/passes/rewrite.h"
#include "graph/text/text.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "tests/random_graph.h"

namespace weft {
namespace {

// WEFT_RANDOM_GRAPHS sets the number of graphs.
int NumGraphs() {
  const char* text = std::getenv("WEFT_RANDOM_GRAPHS");
  return text == nullptr ? 1500 : std::atoi(text);
}

using Results = std::vector<Tensor>;  // outputs, then variables

absl::StatusOr<Results> Run(const RandomGraph& random, const std::shared_ptr<const Module>& module,
                            CompileOptions options) {
  options.target.isa = DetectIsa();
  WEFT_ASSIGN_OR_RETURN(auto program, Program::Compile(module, "f", options));
  WEFT_ASSIGN_OR_RETURN(auto state, State::Create(module));
  for (const auto& [name, value] : random.variables) WEFT_RETURN_IF_ERROR(state->Set(name, value));
  std::vector<TensorView> inputs(random.inputs.begin(), random.inputs.end());
  Results results;
  // Twice: what the first run left in the arena must not matter.
  for (int run = 0; run < 2; ++run) {
    WEFT_ASSIGN_OR_RETURN(std::vector<Tensor> outputs, program->Run(*state, inputs));
    for (Tensor& output : outputs) results.push_back(std::move(output));
  }
  for (const auto& [name, value] : random.variables) {
    WEFT_ASSIGN_OR_RETURN(Tensor after, state->Get(name));
    results.push_back(std::move(after));
  }
  return results;
}

// The first difference; "" if there is none. A NaN is a NaN.
std::string Difference(const Results& got, const Results& want, double tolerance) {
  if (got.size() != want.size()) return "another number of results";
  for (size_t i = 0; i < got.size(); ++i) {
    if (got[i].dims() != want[i].dims() || got[i].dtype() != want[i].dtype())
      return absl::StrCat("result ", i, ": another type");
    double scale = 1;
    for (int64_t k = 0; k < want[i].num_elements(); ++k) {
      double v = std::abs(want[i].AtDouble(k));
      if (std::isfinite(v)) scale = std::max(scale, v);
    }
    for (int64_t k = 0; k < want[i].num_elements(); ++k) {
      double a = got[i].AtDouble(k), b = want[i].AtDouble(k);
      bool same = std::isnan(a) ? std::isnan(b) : a == b && std::signbit(a) == std::signbit(b);
      if (!same && tolerance > 0 && std::isfinite(a) && std::isfinite(b)) same = std::abs(a - b) <= tolerance * scale;
      if (!same) return absl::StrCat("result ", i, ", element ", k, ": ", a, ", expected ", b);
    }
  }
  return "";
}

absl::Status CheckGraph(const OpRegistry& registry, uint64_t seed) {
  WEFT_ASSIGN_OR_RETURN(RandomGraph random, MakeRandomGraph(registry, seed));
  WEFT_ASSIGN_OR_RETURN(Results plain, Run(random, random.module, {.reuse_memory = false}));
  auto check = [&](const char* what, const std::shared_ptr<const Module>& module, CompileOptions options,
                   double tolerance) -> absl::Status {
    WEFT_ASSIGN_OR_RETURN(Results results, Run(random, module, options));
    std::string difference = Difference(results, plain, tolerance);
    if (difference.empty()) return absl::OkStatus();
    return Internal("seed ", seed, ", ", what, ": ", difference, "\n", ToText(*random.module), "\n", ToText(*module));
  };
  WEFT_RETURN_IF_ERROR(check("planner on", random.module, {.poison_dead_memory = true}, 0));
  Target target;
  target.isa = DetectIsa();
  WEFT_ASSIGN_OR_RETURN(PassResult exact, Optimize(random.module, target, {.exact_only = true}));
  WEFT_RETURN_IF_ERROR(check("exact passes", exact.module, {.poison_dead_memory = true}, 0));
  WEFT_ASSIGN_OR_RETURN(PassResult all, Optimize(random.module, target));
  return check("all passes", all.module, {.poison_dead_memory = true}, 1e-5);
}

TEST(RandomGraphs, OptimizedIsUnoptimized) {
  int failures = 0;
  for (int seed = 1; seed <= NumGraphs() && failures < 3; ++seed) {
    absl::Status status = CheckGraph(AllOps(), static_cast<uint64_t>(seed));
    if (!status.ok()) ++failures;
    EXPECT_TRUE(status.ok()) << status.message();
  }
}

// A registry whose add has a rule that is nearly right must be caught.
TEST(RandomGraphs, ABrokenRewriteIsCaught) {
  OpRegistry sound, broken;
  WEFT_ASSERT_OK(AddAllOps(sound));
  OpDef wrong = *sound.Find("mul");
  wrong.name = "mul2";
  wrong.simplify = {{"planted", true, [](RewriteContext& context) { return context.input(0); }, "mul2(x, y) -> x"}};
  WEFT_ASSERT_OK(AddAllOps(broken));
  WEFT_ASSERT_OK(broken.Add(wrong));
  int caught = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    absl::StatusOr<RandomGraph> random = MakeRandomGraph(broken, seed);
    WEFT_ASSERT_OK(random.status());
    caught += !CheckGraph(broken, seed).ok();
  }
  EXPECT_GT(caught, 0);
}

}  // namespace
}  // namespace weft
