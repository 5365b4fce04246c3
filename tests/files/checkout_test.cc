// One program, compiled in two checkouts of the repository: its module files are the same, byte for byte. A node's
// provenance is file:line with the path as the compiler was given it; build systems give it relative to the checkout.
#include <string>

#include "absl/strings/match.h"
#include "core/testing/status_matchers.h"
#include "graph/proto/saved_module.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "tests/files/record.h"

namespace weft {
namespace {

constexpr char kSource[] = "tests/files/record.cc";
constexpr char kElsewhere[] = "elsewhere/of another name";

TEST(Checkout, TwoCheckoutsSaveTheSameBytes) {
  WEFT_ASSERT_OK_AND_ASSIGN(const Recorded here, RecordHere());
  WEFT_ASSERT_OK_AND_ASSIGN(const Recorded there, RecordElsewhere());
  EXPECT_TRUE(absl::StrContains(here.graph, kSource));
  EXPECT_FALSE(absl::StrContains(there.graph, kElsewhere));
  EXPECT_EQ(here.bytes, there.bytes);
  EXPECT_EQ(here.graph, there.graph);
  EXPECT_EQ(here.fingerprint, there.fingerprint);
  EXPECT_EQ(here.weights_hash, there.weights_hash);
}

// Full paths reach the file, as the checkout's name then shows that the other test can fail. What the module is
// does not depend on them, and they survive a round trip.
TEST(Checkout, FullPathsAreProvenanceOnly) {
  WEFT_ASSERT_OK_AND_ASSIGN(const Recorded here, RecordHere());
  WEFT_ASSERT_OK_AND_ASSIGN(const Recorded there, RecordByFullPath());
  EXPECT_TRUE(absl::StrContains(there.graph, kElsewhere));
  EXPECT_NE(here.graph, there.graph);
  EXPECT_EQ(here.fingerprint, there.fingerprint);
  EXPECT_EQ(here.weights_hash, there.weights_hash);

  WEFT_ASSERT_OK_AND_ASSIGN(const LoadedModule loaded, LoadModuleFromBytes(there.bytes, AllOps()));
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string again, SaveModuleToBytes(*loaded.module, loaded.variables));
  EXPECT_EQ(again, there.bytes);
}

}  // namespace
}  // namespace weft
