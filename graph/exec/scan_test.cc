// Loops: stacked values by stride, carries in place or in turn, bodies within bodies.
#include "graph/ir/scan.h"

#include "core/testing/status_matchers.h"
#include "graph/exec/program.h"
#include "graph/exec/testing/build_module.h"

namespace weft {
namespace {

using namespace test_ops;  // NOLINT
using Values = absl::Span<const Value>;

std::string Check(const std::function<void(GraphBuilder&)>& record, const std::vector<Tensor>& inputs) {
  ModuleBuilder m;
  m.Function("f", record);
  absl::StatusOr<std::shared_ptr<const Module>> module = m.Build();
  if (!module.ok()) return module.status().ToString();
  return CheckAgainstReference(*module, "f", inputs, {});
}

const Dim kT = Dim::Symbol("t");

class ScanTest : public ::testing::TestWithParam<int64_t> {};  // the number of steps

TEST_P(ScanTest, CarriesAndSlicesInBothDirections) {
  for (bool reverse : {false, true}) {
    auto record = [&](GraphBuilder& f) {
      Value xs = f.Input("xs", F32({kT, 5})), init = f.Input("init", F32({5})), k = f.Input("k", F32({5}));
      ScanResult r = Scan(f, {init}, {xs},
                          [&](GraphBuilder& b, Values c, Values x) {
                            Value next = Add(Mul(c[0], b.Resolve(k)), x[0]);
                            return ScanStep{{next}, {Unary("neg", next), x[0]}};
                          },
                          {.reverse = reverse});
      f.Output("last", r.carries[0]);
      f.Output("ys", r.outputs[0]);
      f.Output("copy", r.outputs[1]);
      f.Output("init", init);
    };
    EXPECT_EQ(Check(record, {Ramp({GetParam(), 5}), Ramp({5}, -2), Ramp({5}, -1, 0.25)}), "") << reverse;
  }
}

TEST_P(ScanTest, ACarryInPlaceAndInTheBytesOfItsInitialValue) {
  auto record = [&](GraphBuilder& f) {
    Value init = Unary("neg", f.Input("init", F32({20})));
    ScanResult r = Scan(f, {init}, {},
                        [&](GraphBuilder&, Values c, Values) {
                          return ScanStep{{Unary("neg", Add(c[0], c[0]))}, {}};
                        },
                        {.length = kT});
    f.Output("last", r.carries[0]);
    f.Output("n", Unary("total", f.Input("xs", F32({kT}))));
  };
  EXPECT_EQ(Check(record, {Ramp({20}), Ramp({GetParam()})}), "");
}

TEST_P(ScanTest, ACarryThatMustAlternate) {
  auto record = [&](GraphBuilder& f) {
    Value init = f.Input("init", F32({20})), xs = f.Input("xs", F32({kT, 20}));
    ScanResult r = Scan(f, {init, init}, {xs}, [&](GraphBuilder&, Values c, Values x) {
      Value next = Add(Mul(c[0], x[0]), c[0]);
      return ScanStep{{next, Add(next, c[0])}, {Mul(c[0], next), Add(c[1], c[0])}};  // the old ones are read last
    });
    for (int k = 0; k < 2; ++k) f.Output(absl::StrCat("last", k), r.carries[k]);
    for (int k = 0; k < 2; ++k) f.Output(absl::StrCat("ys", k), r.outputs[k]);
  };
  EXPECT_EQ(Check(record, {Ramp({20}), Ramp({GetParam(), 20}, 0.5, 0.125)}), "");
}

TEST_P(ScanTest, CarriesThatSwapPassOnAndCopy) {
  auto record = [&](GraphBuilder& f) {
    Value a = f.Input("a", F32({3})), b0 = f.Input("b", F32({3})), xs = f.Input("xs", F32({kT, 3}));
    ScanResult r = Scan(f, {a, b0, a, b0, a}, {xs}, [&](GraphBuilder& b, Values c, Values x) {
      // Swapped; kept; a slice; a constant.
      return ScanStep{{c[1], c[0], c[2], x[0], Constant(b, {1, 2, 3}, {3})}, {c[0], c[2], c[3], c[4], c[0]}};
    });
    for (int k = 0; k < 5; ++k) f.Output(absl::StrCat("last", k), r.carries[k]);
    for (int k = 0; k < 5; ++k) f.Output(absl::StrCat("ys", k), r.outputs[k]);
  };
  EXPECT_EQ(Check(record, {Ramp({3}), Ramp({3}, 40), Ramp({GetParam(), 3}, 80)}), "");
}

TEST_P(ScanTest, OneValueIsCarryAndOutputs) {
  auto record = [&](GraphBuilder& f) {
    Value a = f.Input("a", F32({3})), xs = f.Input("xs", F32({kT, 3}));
    ScanResult r = Scan(f, {a, a}, {xs}, [&](GraphBuilder&, Values c, Values x) {
      Value next = Add(c[0], x[0]);
      return ScanStep{{next, next}, {next, Reshape(next, {3, 1}), Add(c[1], x[0])}};
    });
    for (int k = 0; k < 2; ++k) f.Output(absl::StrCat("last", k), r.carries[k]);
    for (int k = 0; k < 3; ++k) f.Output(absl::StrCat("ys", k), r.outputs[k]);
  };
  EXPECT_EQ(Check(record, {Ramp({3}), Ramp({GetParam(), 3}, 80)}), "");
}

TEST_P(ScanTest, StackedConstantsAndScalars) {
  auto record = [&](GraphBuilder& f) {
    Value xs = f.Input("xs", F32({kT})), fives = Full(f, F32({kT, 3}), 5);
    ScanResult r = Scan(f, {Full(f, F32({}), 1)}, {xs, fives}, [&](GraphBuilder&, Values c, Values x) {
      return ScanStep{{Add(c[0], x[0])}, {c[0], Mul(c[0], x[1])}};
    });
    f.Output("last", r.carries[0]);
    f.Output("ys", r.outputs[0]);
    f.Output("zs", r.outputs[1]);
  };
  EXPECT_EQ(Check(record, {Ramp({GetParam()})}), "");
}

TEST_P(ScanTest, LoopsInLoops) {
  for (bool reverse : {false, true}) {
    auto record = [&](GraphBuilder& f) {
      Value xs = f.Input("xs", F32({kT, 3, 5})), init = f.Input("init", F32({5})), k = f.Input("k", F32({5}));
      // The inner loop runs over the slice; its result is the outer carry, its stacked results are stacked again.
      ScanResult r = Scan(f, {init, init}, {xs},
                          [&](GraphBuilder& outer, Values c, Values x) {
                            ScanResult inner =
                                Scan(outer, {c[0], c[1]}, {x[0]},
                                     [&](GraphBuilder& b, Values d, Values y) {
                                       Value old = Mul(d[0], y[0]);
                                       Value next = Add(Add(d[0], y[0]), b.Resolve(k));
                                       return ScanStep{{next, Add(next, b.Resolve(c[1]))}, {Add(next, d[1]), old}};
                                     },
                                     {.reverse = !reverse});
                            return ScanStep{{inner.carries[0], inner.carries[1]},
                                            {inner.outputs[0], Unary("rows_sum", inner.outputs[1]), inner.carries[1]}};
                          },
                          {.reverse = reverse});
      for (int n = 0; n < 2; ++n) f.Output(absl::StrCat("last", n), r.carries[n]);
      for (int n = 0; n < 3; ++n) f.Output(absl::StrCat("ys", n), r.outputs[n]);
    };
    EXPECT_EQ(Check(record, {Ramp({GetParam(), 3, 5}, 0, 0.25), Ramp({5}, -2), Ramp({5}, -1, 0.25)}), "") << reverse;
  }
}

TEST_P(ScanTest, TheInnerLoopIsTheLongOne) {
  auto record = [&](GraphBuilder& f) {
    Value xs = f.Input("xs", F32({2, kT, 5})), init = f.Input("init", F32({5}));
    ScanResult r = Scan(f, {init}, {xs}, [&](GraphBuilder& outer, Values c, Values x) {
      ScanResult inner = Scan(outer, {c[0]}, {x[0]}, [&](GraphBuilder&, Values d, Values y) {
        return ScanStep{{Add(d[0], y[0])}, {d[0]}};
      });
      return ScanStep{{Add(inner.carries[0], c[0])}, {inner.outputs[0], inner.carries[0]}};
    });
    f.Output("last", r.carries[0]);
    f.Output("ys", r.outputs[0]);
    f.Output("zs", r.outputs[1]);
  };
  EXPECT_EQ(Check(record, {Ramp({2, GetParam(), 5}, 0, 0.25), Ramp({5}, -2)}), "");
}

INSTANTIATE_TEST_SUITE_P(Lengths, ScanTest, ::testing::Values(0, 1, 2, 3, 4, 7));

TEST(ScanMemoryTest, ABodysMemoryDoesNotGrowWithTheSteps) {
  ModuleBuilder m;
  m.Function("f", [](GraphBuilder& f) {
    ScanResult r =
        Scan(f, {f.Input("init", F32({1024}))}, {f.Input("xs", F32({kT}))}, [&](GraphBuilder&, Values c, Values x) {
          return ScanStep{{Unary("neg", Mul(c[0], x[0]))}, {Unary("total", c[0])}};
        });
    f.Output("last", r.carries[0]);
    f.Output("ys", r.outputs[0]);
  });
  WEFT_ASSERT_OK_AND_ASSIGN(auto module, m.Build());
  WEFT_ASSERT_OK_AND_ASSIGN(auto program, Program::Compile(module, "f", {}));
  WEFT_ASSERT_OK_AND_ASSIGN(int64_t two, program->PeakBytes({{"t", 16}}));
  WEFT_ASSERT_OK_AND_ASSIGN(int64_t many, program->PeakBytes({{"t", 1600}}));
  EXPECT_EQ(many - two, 2 * (1600 - 16) * 4);  // the stacked values alone
}

// A carry whose values are stacked is kept in the stack: one slice more, and no buffers to alternate between.
TEST(ScanMemoryTest, AStackedCarryNeedsNoMemoryOfItsOwn) {
  for (bool reverse : {false, true}) {
    ModuleBuilder m;
    m.Function("f", [&](GraphBuilder& f) {
      ScanResult r = Scan(f, {f.Input("init", F32({1024}))}, {f.Input("xs", F32({kT}))},
                          [&](GraphBuilder&, Values c, Values x) {
                            return ScanStep{{Unary("neg", Mul(c[0], x[0]))}, {c[0]}};
                          },
                          {.reverse = reverse});
      f.Output("last", r.carries[0]);
      f.Output("ys", r.outputs[0]);
    });
    WEFT_ASSERT_OK_AND_ASSIGN(auto module, m.Build());
    WEFT_ASSERT_OK_AND_ASSIGN(auto program, Program::Compile(module, "f", {}));
    WEFT_ASSERT_OK_AND_ASSIGN(int64_t bytes, program->PeakBytes({{"t", 16}}));
    // The inputs, the stack, the last carry (in the initial one's place) and the body's product; then a slice, or
    // backwards, where the carry is copied at each step, a second buffer of it.
    EXPECT_EQ(bytes, 64 + 4096 + 16 * 4096 + 4096 + 4096) << reverse;
    WEFT_ASSERT_OK_AND_ASSIGN(const ProgramStats stats, program->Stats({{"t", 16}}));
    EXPECT_EQ(stats.num_copies, reverse ? 1 : 0);
  }
}

}  // namespace
}  // namespace weft
