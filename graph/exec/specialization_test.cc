#include "graph/exec/specialization.h"

#include <atomic>
#include <thread>

#include "core/testing/status_matchers.h"
#include "graph/exec/program.h"
#include "graph/exec/testing/build_module.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using namespace test_ops;  // NOLINT

SpecializationPtr Empty() { return std::make_shared<Specialization>(std::make_unique<Code>()); }

TEST(SpecializationCacheTest, EachBindingIsCompiledOnceWhileOthersWait) {
  std::atomic<int> compiled = 0;
  SpecializationCache cache(
      [&](const SymbolBindings&) -> absl::StatusOr<SpecializationPtr> {
        ++compiled;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        return Empty();
      },
      16);
  std::vector<std::thread> threads;
  std::vector<SpecializationPtr> found(8);
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      absl::StatusOr<SpecializationPtr> got = cache.Get({{"n", t % 2}}, true);
      if (got.ok()) found[t] = *got;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(compiled, 2);
  for (int t = 0; t < 8; ++t) {
    ASSERT_NE(found[t], nullptr);
    EXPECT_EQ(found[t], found[t % 2]);
  }
  EXPECT_NE(found[0], found[1]);
}

TEST(SpecializationCacheTest, TheLeastRecentlyUsedIsDropped) {
  std::vector<int64_t> compiled;
  SpecializationCache cache(
      [&](const SymbolBindings& bindings) -> absl::StatusOr<SpecializationPtr> {
        compiled.push_back(bindings.at("n"));
        return Empty();
      },
      2);
  for (int64_t n : {1, 2, 1, 3, 1, 2}) WEFT_ASSERT_OK(cache.Get({{"n", n}}, true).status());
  EXPECT_THAT(compiled, ::testing::ElementsAre(1, 2, 3, 2));  // 3 takes the place of 2, and 2 that of 3
}

TEST(SpecializationCacheTest, ErrorsAreNotKept) {
  int calls = 0;
  SpecializationCache cache(
      [&](const SymbolBindings&) -> absl::StatusOr<SpecializationPtr> {
        if (++calls == 1) return absl::InternalError("the first time");
        return Empty();
      },
      2);
  EXPECT_THAT(cache.Get({}, true), StatusIs(absl::StatusCode::kInternal, HasSubstr("the first time")));
  WEFT_EXPECT_OK(cache.Get({}, true).status());
}

std::shared_ptr<const Module> Negating() {
  ModuleBuilder m;
  m.Function("f", [](GraphBuilder& b) { b.Output("y", Unary("neg", b.Input("x", F32({Dim::Symbol("n")})))); });
  auto module = m.Build();
  return module.ok() ? *module : nullptr;
}

TEST(SpecializationTest, ProgramsServeMoreDimsThanTheyKeep) {
  auto module = Negating();
  WEFT_ASSERT_OK_AND_ASSIGN(auto program, Program::Compile(module, "f", {.max_specializations = 2}));
  WEFT_ASSERT_OK_AND_ASSIGN(auto state, State::Create(module));
  for (int64_t n : {1, 5, 3, 1, 0, 5, 9, 1}) {
    Tensor x = Ramp({n});
    std::vector<TensorView> inputs = {x};
    WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> y, program->Run(*state, inputs));
    ASSERT_EQ(y[0].num_elements(), n);
    for (int64_t i = 0; i < n; ++i) EXPECT_EQ(y[0].AtDouble(i), -x.AtDouble(i));
  }
}

TEST(SpecializationTest, OnlyWhatWasCompiledWhereThatIsAsked) {
  auto module = Negating();
  WEFT_ASSERT_OK_AND_ASSIGN(
      auto program, Program::Compile(module, "f", {.bindings = {{{"n", 1}}, {{"n", 64}}}, .allow_specialize = false}));
  WEFT_ASSERT_OK_AND_ASSIGN(auto state, State::Create(module));
  const Tensor x = Ramp({64}), wrong = Ramp({7});
  std::vector<TensorView> inputs = {x}, wrong_inputs = {wrong};
  WEFT_EXPECT_OK(program->Run(*state, inputs).status());
  EXPECT_THAT(program->Run(*state, wrong_inputs),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("f: not compiled for the dims n = 7, and allow_specialize is false; compiled for: "
                                 "n = 1; n = 64")));
  EXPECT_THAT(program->PeakBytes({{"n", 7}}), StatusIs(absl::StatusCode::kFailedPrecondition));
  // More bindings than the usual capacity are all kept.
  std::vector<SymbolBindings> many;
  for (int64_t n = 0; n < 40; ++n) many.push_back({{"n", n}});
  WEFT_ASSERT_OK_AND_ASSIGN(program, Program::Compile(module, "f", {.bindings = many, .allow_specialize = false}));
  for (int64_t n = 0; n < 40; ++n) WEFT_EXPECT_OK(program->PeakBytes({{"n", n}}).status());
}

}  // namespace
}  // namespace weft
