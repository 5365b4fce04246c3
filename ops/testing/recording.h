// The fixture of tests of what recording functions record: types over symbolic dims, and errors.
#ifndef WEFT_OPS_TESTING_RECORDING_H_
#define WEFT_OPS_TESTING_RECORDING_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "ops/testing/fusion.h"

namespace weft {

class RecordingTest : public ::testing::Test {
 protected:
  // A new input of type "f32[n,3]".
  Value In(const char* type) {
    absl::StatusOr<TensorType> parsed = TensorType::Parse(type);
    return b_.Input(absl::StrCat("x", count_++), parsed.ok() ? *parsed : TensorType{});
  }
  static std::string Type(Value v) { return v.ok() ? v.type().ToString() : "error"; }
  // The first error so far, or "".
  std::string Error() { return std::string(b_.status().message()); }
  int Nodes(absl::string_view op) { return CountNodes(b_.graph(), op); }

  GraphBuilder b_{AllOps()};

 private:
  int count_ = 0;
};

}  // namespace weft

#endif  // WEFT_OPS_TESTING_RECORDING_H_
