#include "core/sha256.h"

#include <string>
#include <utility>

#include "core/testing/status_matchers.h"

namespace weft {
namespace {

// FIPS 180-4 and the NIST examples.
TEST(Sha256, KnownAnswers) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Sha256Hex(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, IncrementalIsTheSame) {
  std::string text(1000, 'x');
  for (size_t cut : {0, 1, 63, 64, 65, 999, 1000}) {
    Sha256 hash;
    hash.Update(absl::string_view(text).substr(0, cut));
    Sha256 moved = std::move(hash);
    moved.Update(text.data() + cut, text.size() - cut);
    EXPECT_EQ(moved.FinishHex(), Sha256Hex(text));
  }
  EXPECT_EQ(Sha256().Finish().size(), 32u);
}

}  // namespace
}  // namespace weft
