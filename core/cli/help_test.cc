#include "core/cli/help.h"

#include "absl/flags/flag.h"
#include "absl/flags/usage.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

ABSL_FLAG(std::string, zebra, "",
          "A long description that does not fit on one line, so that its words go on in the next one, which is "
          "indented as the first one is.");
ABSL_FLAG(int, apples, 3, "How many.");

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

bool Asks(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "program");
  return AsksForHelp(static_cast<int>(arguments.size()), arguments.data());
}

TEST(Help, IsAskedForInThreeWays) {
  EXPECT_TRUE(Asks({"--help"}));
  EXPECT_TRUE(Asks({"-help"}));
  EXPECT_TRUE(Asks({"file", "--seed=3", "-h"}));
  EXPECT_FALSE(Asks({}));
  EXPECT_FALSE(Asks({"help", "--helpfull", "--help=seed"}));
  EXPECT_FALSE(Asks({"--", "--help"}));
}

TEST(Help, ShowsTheFlagsOfTheFile) {
  absl::SetProgramUsageMessage("Counts fruit.");
  EXPECT_EQ(HelpText(__FILE__),
            "Counts fruit.\n\nOptions:\n"
            "  --apples (default: 3)\n      How many.\n"
            "  --zebra\n"
            "      A long description that does not fit on one line, so that its words go on in the next one,\n"
            "      which is indented as the first one is.\n");
  EXPECT_THAT(HelpText("elsewhere.cc"), Not(HasSubstr("apples")));
}

}  // namespace
}  // namespace weft
