// Updates: every order of reading and writing a variable gives what the reference gives, and is copied only if it must.
#include "core/testing/status_matchers.h"
#include "graph/exec/program.h"
#include "graph/exec/testing/build_module.h"
#include "graph/ir/scan.h"

namespace weft {
namespace {

using namespace test_ops;  // NOLINT

// Larger than what is kept to the end on purpose.
constexpr int64_t kRows = 40, kColumns = 33;
const Variables kContents = {{"a", Ramp({kRows, kColumns})}, {"b", Ramp({kRows, kColumns}, -3)}, {"c", Ramp({1}, 5)}};
const std::vector<Tensor> kInputs = {Ramp({kRows, kColumns}, 10)};

struct Case {
  const char* name;
  void (*record)(GraphBuilder& builder, Value x, Value a, Value b);
  int copies;
};

class UpdateTest : public ::testing::TestWithParam<Case> {};

TEST_P(UpdateTest, AgreesWithTheReference) {
  ModuleBuilder m;
  m.Variable("a", {kRows, kColumns}).Variable("b", {kRows, kColumns}).Variable("c", {1});
  m.Function("f", [](GraphBuilder& b) {
    Value x = b.Input("x", F32({kRows, kColumns}));
    GetParam().record(b, x, b.Variable("a"), b.Variable("b"));
  });
  WEFT_ASSERT_OK_AND_ASSIGN(auto module, m.Build());
  EXPECT_EQ(CheckAgainstReference(module, "f", kInputs, kContents), "");
  WEFT_ASSERT_OK_AND_ASSIGN(auto program, Program::Compile(module, "f", {}));
  WEFT_ASSERT_OK_AND_ASSIGN(ProgramStats stats, program->Stats({}));
  EXPECT_EQ(stats.num_copies, GetParam().copies);
}

const Case kCases[] = {
    {"InPlace", [](GraphBuilder& f, Value x, Value a, Value) { f.Update("a", Add(a, x)); }, 0},
    {"ALaterReaderComesFirst",
     [](GraphBuilder& f, Value x, Value a, Value b) {
       f.Update("a", Add(a, x));
       f.Output("y", Unary("rows_sum", Mul(a, b)));
     },
     0},
    {"AReaderOfTheNewValueReadsTheOldOneToo",
     [](GraphBuilder& f, Value x, Value a, Value) {
       Value next = Add(a, x);
       f.Update("a", next);
       f.Output("y", Mul(next, a));
     },
     1},
    {"TheOldValueIsAnOutput",
     [](GraphBuilder& f, Value x, Value a, Value) {
       f.Update("a", Add(a, x));
       f.Output("old", a);
     },
     1},
    {"AViewOfTheOldValueIsReadLater",
     [](GraphBuilder& f, Value x, Value a, Value) {
       Value view = Reshape(a, Shape({kColumns, kRows}));
       f.Update("a", Add(a, x));
       f.Output("y", Unary("rows_sum", view));
     },
     0},
    {"TheSameValueIsAnOutputAndAnUpdate",
     [](GraphBuilder& f, Value x, Value a, Value) {
       Value next = Add(a, x);
       f.Update("a", next);
       f.Output("y", next);
     },
     0},
    {"TheUpdateIsAView",
     [](GraphBuilder& f, Value x, Value a, Value) {
       Value flat = Reshape(a, Shape({kRows * kColumns}));
       Value next = Add(flat, Reshape(x, Shape({kRows * kColumns})));
       f.Update("a", Reshape(next, Shape({kRows, kColumns})));
     },
     0},
    {"OneValueForTwoVariables",
     [](GraphBuilder& f, Value x, Value a, Value b) {
       Value next = Add(a, x);
       f.Update("a", next);
       f.Update("b", next);
       f.Output("y", Unary("rows_sum", b));
     },
     1},
    {"AnInputIsTheUpdate",
     [](GraphBuilder& f, Value x, Value a, Value) {
       f.Update("b", x);
       f.Output("x", x);
       f.Output("y", Unary("neg", Add(x, a)));
     },
     1},
    {"AnotherVariablesReadIsTheUpdate", [](GraphBuilder& f, Value, Value a, Value) { f.Update("b", a); }, 1},
    {"TheOtherVariableIsUpdatedToo",
     [](GraphBuilder& f, Value x, Value a, Value) {
       f.Update("b", a);
       f.Update("a", Add(a, x));
     },
     2},
    {"TwoVariablesSwap",
     [](GraphBuilder& f, Value, Value a, Value b) {
       f.Update("a", b);
       f.Update("b", a);
     },
     2},
    {"TwoComputedUpdatesSwap",
     [](GraphBuilder& f, Value x, Value a, Value b) {
       f.Update("a", Add(b, x));
       f.Update("b", Mul(a, x));
     },
     1},
    {"AVariableKeepsItsValue", [](GraphBuilder& f, Value, Value a, Value) { f.Update("a", a); }, 0},
    {"AConstantIsTheUpdate",
     [](GraphBuilder& f, Value, Value a, Value) {
       f.Update("c", Constant(f, {7}, {1}));
       f.Output("y", Unary("neg", a));
     },
     1},
    {"SeveralResultsInPlace",
     [](GraphBuilder& f, Value x, Value a, Value b) {
       std::vector<Value> next = StepUpdate(a, b, x);
       f.Update("a", next[0]);
       f.Update("b", next[1]);
     },
     0},
    {"SeveralResultsCrossed",
     [](GraphBuilder& f, Value x, Value a, Value b) {
       std::vector<Value> next = StepUpdate(a, b, x);
       f.Update("b", next[0]);
       f.Update("a", next[1]);
     },
     0},
    {"NotReadAtAll", [](GraphBuilder& f, Value x, Value, Value) { f.Update("a", Unary("neg", x)); }, 0},
    {"AKernelThatMayNotLieInItsOperand",
     [](GraphBuilder& f, Value x, Value a, Value) {
       f.Update("a", Unary("flushes", Reshape(Mul(a, x), Shape({kRows, kColumns}))));
     },
     0},
    {"SuchAKernelReadsTheVariableItself",
     [](GraphBuilder& f, Value, Value a, Value) { f.Update("a", Unary("flushes", a)); }, 1},
    {"SmallUpdatesAreKeptToTheEnd",
     [](GraphBuilder& f, Value x, Value a, Value) {
       Value c = f.Variable("c");
       Value next = Add(c, c);
       f.Update("c", next);
       f.Update("a", Mul(Mul(a, Unary("total", next)), x));
     },
     0},
    {"FromALoop",
     [](GraphBuilder& f, Value x, Value a, Value) {
       ScanResult r = Scan(f, {a}, {},
                           [&](GraphBuilder&, absl::Span<const Value> c, absl::Span<const Value>) {
                             return ScanStep{{Add(c[0], c[0])}, {}};
                           },
                           {.length = Dim(3)});
       f.Update("a", r.carries[0]);
       f.Output("y", Add(x, r.carries[0]));
     },
     1},
};
INSTANTIATE_TEST_SUITE_P(Orders, UpdateTest, ::testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace weft
