#include "core/cpu.h"

#include <cstdlib>

#include "core/status.h"
#include "core/testing/status_matchers.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

TEST(Cpu, Names) {
  for (Isa isa : {Isa::kBaseline, Isa::kAvx2, Isa::kAvx512}) EXPECT_THAT(ParseIsa(Name(isa)), IsOkAndHolds(isa));
  EXPECT_THAT(ParseIsa("sse9"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("sse9")));
}

TEST(Cpu, HostIsasEndAtTheDetectedOne) {
  EXPECT_EQ(HostIsas().front(), Isa::kBaseline);
  EXPECT_EQ(HostIsas().back(), DetectIsa());
  EXPECT_LE(DefaultIsa(), DetectIsa());
}

TEST(Cpu, EnvironmentCaps) {
  setenv("WEFT_ISA", "baseline", 1);
  EXPECT_THAT(IsaFromEnvironment(), IsOkAndHolds(Isa::kBaseline));
  setenv("WEFT_ISA", "avx512", 1);
  EXPECT_THAT(IsaFromEnvironment(), IsOkAndHolds(DetectIsa()));  // a cap, never more than there is
  setenv("WEFT_ISA", "fast", 1);
  EXPECT_THAT(IsaFromEnvironment(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("WEFT_ISA")));
  setenv("WEFT_ISA", "", 1);
  EXPECT_THAT(IsaFromEnvironment(), IsOkAndHolds(DetectIsa()));
  unsetenv("WEFT_ISA");
  EXPECT_THAT(IsaFromEnvironment(), IsOkAndHolds(DetectIsa()));
}

absl::StatusOr<int> Half(int x) {
  if (x % 2 != 0) return InvalidArgument("odd: ", x);
  return x / 2;
}
absl::StatusOr<int> Quarter(int x) {
  WEFT_ASSIGN_OR_RETURN(int half, Half(x));
  WEFT_RETURN_IF_ERROR(Half(half).status());
  return Half(half);
}

TEST(Status, Macros) {
  EXPECT_THAT(Quarter(12), IsOkAndHolds(3));
  EXPECT_THAT(Quarter(6), StatusIs(absl::StatusCode::kInvalidArgument, "odd: 3"));
  EXPECT_THAT(Quarter(6), testing::Not(IsOk()));
  EXPECT_THAT(Quarter(6), testing::Not(IsOkAndHolds(3)));
}

TEST(Status, AnnotateKeepsCodeAndPayloads) {
  absl::Status status = NotFound("no such thing");
  status.SetPayload("url", absl::Cord("payload"));
  absl::Status annotated = Annotate(status, "layer dense");
  EXPECT_THAT(annotated, StatusIs(absl::StatusCode::kNotFound, "layer dense: no such thing"));
  EXPECT_EQ(annotated.GetPayload("url"), absl::Cord("payload"));
  WEFT_EXPECT_OK(Annotate(absl::OkStatus(), "nothing"));
}

}  // namespace
}  // namespace weft
