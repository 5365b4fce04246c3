#include "graph/exec/bind_symbols.h"

#include "core/testing/status_matchers.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

const Dim kN = Dim::Symbol("n"), kM = Dim::Symbol("m");

absl::StatusOr<SymbolBindings> Solve(const std::vector<Shape>& shapes, const std::vector<Dims>& dims) {
  std::vector<TensorType> types;
  std::vector<std::string> names;
  for (const Shape& shape : shapes) {
    types.push_back({DType::kFloat32, shape});
    names.push_back(absl::StrCat("in", names.size()));
  }
  return BindSymbols(types, dims, names);
}

TEST(BindSymbolsTest, FindsSymbolsAndChecksExpressions) {
  EXPECT_THAT(Solve({{kN, 3}, {kN * kM}, {kM}}, {{2, 3}, {10}, {5}}),
              IsOkAndHolds(UnorderedElementsAre(Pair("n", 2), Pair("m", 5))));
  EXPECT_THAT(Solve({{2 * kN + 1}}, {{7}}), IsOkAndHolds(UnorderedElementsAre(Pair("n", 3))));
  EXPECT_THAT(Solve({{kN * kM}, {kN + 1}}, {{12}, {4}}),
              IsOkAndHolds(UnorderedElementsAre(Pair("n", 3), Pair("m", 4))));
  EXPECT_THAT(Solve({{FloorDiv(kN, 2)}, {kN}}, {{3}, {7}}), IsOkAndHolds(UnorderedElementsAre(Pair("n", 7))));
  EXPECT_THAT(Solve({{kN}}, {{0}}), IsOkAndHolds(UnorderedElementsAre(Pair("n", 0))));
  EXPECT_THAT(Solve({}, {}), IsOkAndHolds(UnorderedElementsAre()));
}

TEST(BindSymbolsTest, ErrorsNameInputTypeAndDims) {
  auto fails = [](const std::string& text) { return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(text)); };
  EXPECT_THAT(Solve({{kN, 3}}, {{2, 4}}),
              fails("input 'in0': expected f32[n,3], received dims [2,4]: axis 1 is 4, expected 3"));
  EXPECT_THAT(Solve({{kN, 3}}, {{2}}), fails("input 'in0': expected f32[n,3], received dims [2] (rank 1, expected 2)"));
  EXPECT_THAT(Solve({{kN}, {kN, 2}}, {{2}, {3, 2}}),
              fails("input 'in1': expected f32[n,2], received dims [3,2]: axis 0 is 3, expected 2 = n where n = 2"));
  EXPECT_THAT(Solve({{2 * kN}}, {{7}}), fails("no value of n makes axis 0, 2*n, equal to 7"));
  EXPECT_THAT(Solve({{kN + 3}}, {{2}}), fails("no value of n makes axis 0, n+3, equal to 2"));
  EXPECT_THAT(Solve({{kN * kM}}, {{6}}), fails("the inputs do not determine one"));
  EXPECT_THAT(Solve({{kN * kM}, {kN}}, {{6}, {0}}), fails("input 'in0': expected f32[m*n], received dims [6]"));
  EXPECT_THAT(Solve({{kN}}, {}), fails("expected 1 inputs, received 0"));
}

}  // namespace
}  // namespace weft
