#include "graph/exec/program.h"

#include "core/testing/status_matchers.h"
#include "graph/exec/testing/build_module.h"
#include "graph/ir/scan.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace test_ops;  // NOLINT

const Dim kN = Dim::Symbol("n");

ModuleBuilder Doubling() {
  ModuleBuilder m;
  m.Variable("w", {2, 3}).Function("step", [](GraphBuilder& b) {
    Value x = b.Input("x", F32({kN, 3}));
    Value w = b.Variable("w");
    b.Output("sums", Unary("rows_sum", Mul(x, Unary("total", w))));
    b.Update("w", Add(w, w));
  });
  return m;
}

TEST(ProgramTest, RunsAFunctionAndUpdatesItsVariables) {
  WEFT_ASSERT_OK_AND_ASSIGN(auto module, Doubling().Build());
  EXPECT_EQ(CheckAgainstReference(module, "step", {Ramp({4, 3})}, {{"w", Ramp({2, 3})}}), "");
  EXPECT_EQ(CheckAgainstReference(module, "step", {Ramp({0, 3})}, {{"w", Ramp({2, 3})}}), "");
}

TEST(ProgramTest, ViewsConstantsAndOpsWithoutAKernel) {
  ModuleBuilder m;
  m.Function("f", [](GraphBuilder& b) {
    Value x = b.Input("x", F32({kN, 4}));
    Value flat = Reshape(x, Shape({4 * kN}));
    Value c = Constant(b, {2, 3}, {2});
    b.Output("view", Reshape(flat, Shape({2, 2 * kN})));
    b.Output("cubed", Unary("cube", Unary("neg", flat)));
    b.Output("constant", Reshape(c, Shape({1, 2})));
    b.Output("full", Add(Full(b, F32({kN}), 0.5), Full(b, F32({kN}), 0.25)));
    b.Output("size", DimSize(b, 4 * kN));
    b.Output("x", x);
    b.Output("x_again", x);
  });
  WEFT_ASSERT_OK_AND_ASSIGN(auto module, m.Build());
  EXPECT_EQ(CheckAgainstReference(module, "f", {Ramp({3, 4})}, {}), "");
  // What is known when the dims are known is computed once.
  WEFT_ASSERT_OK_AND_ASSIGN(auto program, Program::Compile(module, "f", {}));
  WEFT_ASSERT_OK_AND_ASSIGN(ProgramStats stats, program->Stats({{"n", 3}}));
  EXPECT_EQ(stats.num_kernels, 2);
  EXPECT_THAT(stats.kernels,
              ElementsAre(AllOf(HasSubstr("neg(f32[12]) -> f32[12], 1 share"), HasSubstr("test_ops.cc:")),
                          HasSubstr("cube(f32[12]) -> f32[12], 1 share, reference")));
}

TEST(ProgramTest, Float64RunsOnTheReference) {
  ModuleBuilder m;
  m.Function("f", [](GraphBuilder& b) {
    Value x = b.Input("x", {DType::kFloat64, Shape({kN})});
    b.Output("y", Mul(Add(x, x), x));
  });
  WEFT_ASSERT_OK_AND_ASSIGN(auto module, m.Build());
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor x, Tensor::FromVector<double>({0.1, 1e-300, 3e200}, {3}));
  EXPECT_EQ(CheckAgainstReference(module, "f", {x}, {}), "");
}

TEST(ProgramTest, AFailingReferenceIsAnErrorOfTheRun) {
  ModuleBuilder m;
  m.Function("f", [](GraphBuilder& b) { b.Output("y", Unary("fails", b.Input("x", F32({2})))); });
  WEFT_ASSERT_OK_AND_ASSIGN(auto module, m.Build());
  EXPECT_THAT(RunCompiled(module, "f", {Ramp({2})}, {}),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("f: reference of fails: as asked")));
}

TEST(ProgramTest, AKernelThatWritesBehindItsResultIsCaughtByPoison) {
  ModuleBuilder m;
  m.Function("f", [](GraphBuilder& b) { b.Output("y", Unary("write_behind", b.Input("x", F32({3})))); });
  WEFT_ASSERT_OK_AND_ASSIGN(auto module, m.Build());
  EXPECT_THAT(RunCompiled(module, "f", {Ramp({3})}, {}, {.poison_dead_memory = true}),
              StatusIs(absl::StatusCode::kInternal,
                       HasSubstr("the kernel of write_behind wrote behind the last element of a result")));
}

TEST(ProgramTest, WrongArgumentsAreNamed) {
  WEFT_ASSERT_OK_AND_ASSIGN(auto module, Doubling().Build());
  WEFT_ASSERT_OK_AND_ASSIGN(auto program, Program::Compile(module, "step", {}));
  WEFT_ASSERT_OK_AND_ASSIGN(auto state, State::Create(module));
  auto run = [&](std::vector<TensorView> inputs, std::vector<MutableTensorView> outputs) {
    return program->Run(*state, inputs, outputs);
  };
  Tensor x = Ramp({4, 3}), y = Ramp({4});
  EXPECT_THAT(run({}, {y}), StatusIs(absl::StatusCode::kInvalidArgument,
                                     HasSubstr("step: expected 1 inputs (x: f32[n,3]), received 0")));
  EXPECT_THAT(run({Ramp({4, 5})}, {y}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("step: input 'x': expected f32[n,3], received dims [4,5]: axis 1 is 5, expected 3")));
  EXPECT_THAT(run({Ramp({4})}, {y}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("input 'x': expected f32[n,3], received dims [4] (rank 1, expected 2)")));
  EXPECT_THAT(
      run({TensorView(DType::kFloat64, {4, 3}, x.raw())}, {y}),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("input 'x': expected f32[n,3], received f64[4,3]")));
  EXPECT_THAT(run({TensorView(DType::kFloat32, {4, 3}, nullptr)}, {y}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("input 'x': no data was given for f32[4,3]")));
  EXPECT_THAT(run({x}, {}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("expected 1 outputs, received 0")));
  Tensor short_y = Ramp({3});
  EXPECT_THAT(run({x}, {short_y}), StatusIs(absl::StatusCode::kInvalidArgument,
                                            HasSubstr("output 'sums': expected f32[4], received f32[3]")));
  EXPECT_THAT(
      Program::Compile(module, "predict", {}),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("the module has no function 'predict'; it has: step")));
  WEFT_EXPECT_OK(run({x}, {y}));
}

TEST(ProgramTest, AStateOfAnotherModuleIsRefused) {
  WEFT_ASSERT_OK_AND_ASSIGN(auto module, Doubling().Build());
  WEFT_ASSERT_OK_AND_ASSIGN(auto program, Program::Compile(module, "step", {}));
  WEFT_ASSERT_OK_AND_ASSIGN(auto twin, Doubling().Build());
  WEFT_ASSERT_OK_AND_ASSIGN(auto twin_state, State::Create(twin));
  const Tensor x = Ramp({4, 3});
  std::vector<TensorView> inputs = {x};
  WEFT_EXPECT_OK(program->Run(*twin_state, inputs));
  ModuleBuilder m;
  m.Variable("w", {3, 2});
  WEFT_ASSERT_OK_AND_ASSIGN(auto other, m.Build());
  WEFT_ASSERT_OK_AND_ASSIGN(auto other_state, State::Create(other));
  EXPECT_THAT(program->Run(*other_state, inputs),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("the state is of another module")));
}

TEST(ProgramTest, DimsThatNoInputDetermines) {
  ModuleBuilder m;
  m.Function("f", [](GraphBuilder& b) {
    b.Output("y", Add(b.Input("x", F32({2})), Unary("total", Full(b, F32({Dim::Symbol("k")}), 1))));
  });
  WEFT_ASSERT_OK_AND_ASSIGN(auto module, m.Build());
  WEFT_ASSERT_OK_AND_ASSIGN(auto state, State::Create(module));
  WEFT_ASSERT_OK_AND_ASSIGN(auto program, Program::Compile(module, "f", {}));
  const Tensor x = Ramp({2});
  std::vector<TensorView> inputs = {x};
  EXPECT_THAT(program->Run(*state, inputs),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("f: no value for dim k")));
  // Given when compiling, it need not be determined.
  WEFT_ASSERT_OK_AND_ASSIGN(program, Program::Compile(module, "f", {.bindings = {{{"k", 5}}}}));
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> outputs, program->Run(*state, inputs));
  EXPECT_EQ(outputs[0].AtDouble(0), 6);
}

TEST(ProgramTest, OutputTypesAndPeakAreKnownBeforeTheFirstRun) {
  ModuleBuilder m;
  m.Function("f", [](GraphBuilder& b) {
    Value x = b.Input("x", F32({kN, 16}));
    b.Output("y", Unary("neg", Unary("neg", Unary("neg", x))));
  });
  WEFT_ASSERT_OK_AND_ASSIGN(auto module, m.Build());
  WEFT_ASSERT_OK_AND_ASSIGN(auto program, Program::Compile(module, "f", {}));
  WEFT_ASSERT_OK_AND_ASSIGN(auto types, program->OutputTypes({{"n", 7}}));
  ASSERT_EQ(types.size(), 1);
  EXPECT_THAT(types[0].dims, ElementsAre(7, 16));
  // All in the input's place.
  EXPECT_THAT(program->PeakBytes({{"n", 7}}), IsOkAndHolds(7 * 64));
  EXPECT_THAT(program->SmallestPeak({{"n", 7}}), IsOkAndHolds(7 * 64));
  EXPECT_THAT(program->PeakBytes({{"n", -1}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("f: dim n is -1, expected at least 0")));
  EXPECT_THAT(program->PeakBytes({{"m", 1}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("f: no value for dim n; given: m = 1")));
}

TEST(ProgramTest, SnapshotsServeFunctionsWithoutUpdates) {
  ModuleBuilder m;
  m.Variable("w", {2}).Variable("moment", {2});
  m.Function("train", [](GraphBuilder& b) { b.Update("w", Add(b.Variable("w"), b.Variable("moment"))); });
  m.Function("predict", [](GraphBuilder& b) { b.Output("y", Unary("neg", b.Variable("w"))); });
  WEFT_ASSERT_OK_AND_ASSIGN(auto module, m.Build());
  WEFT_ASSERT_OK_AND_ASSIGN(auto state, State::Create(module));
  EXPECT_EQ(state->published(), nullptr);
  WEFT_ASSERT_OK(state->Set("w", Ramp({2})));
  WEFT_ASSERT_OK(state->Set("moment", Ramp({2})));
  WEFT_ASSERT_OK(state->Publish());
  WEFT_ASSERT_OK_AND_ASSIGN(auto train, Program::Compile(module, "train", {}));
  WEFT_ASSERT_OK_AND_ASSIGN(auto predict, Program::Compile(module, "predict", {}));
  WEFT_ASSERT_OK(train->Run(*state, {}).status());
  SnapshotPtr snapshot = state->published();
  Tensor y = Ramp({2});
  WEFT_ASSERT_OK(predict->Run(*snapshot, {}, {y}));
  EXPECT_EQ(y.AtDouble(0), -1);
  WEFT_ASSERT_OK(predict->Run(*state, {}, {y}));
  EXPECT_EQ(y.AtDouble(0), -2);
  EXPECT_THAT(train->Run(*snapshot, {}, {}),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("train: the function updates variables")));
}

}  // namespace
}  // namespace weft
