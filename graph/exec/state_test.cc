#include "graph/exec/state.h"

#include <cstring>
#include <set>

#include "core/sha256.h"
#include "core/testing/status_matchers.h"
#include "graph/exec/snapshot.h"
#include "graph/exec/testing/build_module.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using namespace test_ops;  // NOLINT

std::shared_ptr<const Module> TwoVariables(Layout layout) {
  auto module = std::make_shared<Module>(TestOps());
  if (!module->AddVariable({"w", {DType::kFloat32, {2, 70}, layout}, true, "weight"}).ok()) return nullptr;
  if (!module->AddVariable({"count", {DType::kInt64, {}}, false, "state"}).ok()) return nullptr;
  GraphBuilder b(TestOps(), module.get());
  b.Output("w", b.Variable("w"));
  absl::StatusOr<GraphPtr> graph = b.Build();
  if (!graph.ok() || !module->AddFunction("predict", *graph).ok()) return nullptr;
  return module;
}

TEST(StateTest, StartsAsZerosAndSpeaksRowMajor) {
  for (Layout layout : {Layout::kRowMajor, Layout::kPanels64}) {
    WEFT_ASSERT_OK_AND_ASSIGN(auto state, State::Create(TwoVariables(layout)));
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor w, state->Get("w"));
    for (int64_t i = 0; i < w.num_elements(); ++i) ASSERT_EQ(w.AtDouble(i), 0);
    WEFT_ASSERT_OK(state->Set("w", Ramp({2, 70})));
    WEFT_ASSERT_OK_AND_ASSIGN(w, state->Get("w"));
    EXPECT_TRUE(BitEqual(w, Ramp({2, 70})));
    EXPECT_EQ(state->bytes(), (layout == Layout::kRowMajor ? 576 : 1024) + 64);
  }
}

TEST(StateTest, Errors) {
  WEFT_ASSERT_OK_AND_ASSIGN(auto state, State::Create(TwoVariables(Layout::kPanels64)));
  EXPECT_THAT(state->Get("v"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("no variable 'v'")));
  EXPECT_THAT(state->Set("v", Ramp({2})), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(
      state->Set("w", Ramp({70, 2})),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("variable 'w': expected f32[2,70], received f32[70,2]")));
  EXPECT_THAT(state->Set("count", Ramp({})), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("expected i64[]")));
  EXPECT_THAT(state->Set("count", TensorView(DType::kInt64, {}, nullptr)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no data")));
}

TEST(StateTest, TheHashIsThatOfTheContentsWhateverTheLayout) {
  std::set<std::string> hashes;
  for (Layout layout : {Layout::kRowMajor, Layout::kPanels64}) {
    WEFT_ASSERT_OK_AND_ASSIGN(auto state, State::Create(TwoVariables(layout)));
    WEFT_ASSERT_OK(state->Set("w", Ramp({2, 70})));
    hashes.insert(state->WeightsHash());
  }
  const Tensor w = Ramp({2, 70});
  std::string bytes("count\ni64[]\n\0\0\0\0\0\0\0\0w\nf32[2,70]\n", 12 + 8 + 12);
  bytes.append(static_cast<const char*>(w.raw()), w.num_bytes());
  EXPECT_THAT(hashes, ::testing::ElementsAre(Sha256Hex(bytes)));
}

TEST(StateTest, SnapshotsAreKeptWhileHeldAndUsedAgainAfterwards) {
  WEFT_ASSERT_OK_AND_ASSIGN(auto state, State::Create(TwoVariables(Layout::kRowMajor)));
  WEFT_ASSERT_OK(state->Set("w", Ramp({2, 70}, 1)));
  WEFT_ASSERT_OK(state->Publish());
  SnapshotPtr held = state->published();
  EXPECT_NE(held->storage()[0], nullptr);
  EXPECT_EQ(held->storage()[1], nullptr);  // no function without updates reads it
  std::set<const void*> storages;
  for (int i = 0; i < 100; ++i) {
    WEFT_ASSERT_OK(state->Set("w", Ramp({2, 70}, static_cast<float>(i + 2))));
    WEFT_ASSERT_OK(state->Publish());
    SnapshotPtr now = state->published();
    storages.insert(now->storage()[0]);
    float first;
    std::memcpy(&first, now->storage()[0], sizeof(first));
    ASSERT_EQ(first, static_cast<float>(i + 2));
    std::memcpy(&first, held->storage()[0], sizeof(first));
    ASSERT_EQ(first, 1);
  }
  EXPECT_EQ(storages.size(), 2);
  // A snapshot outlives its state.
  state.reset();
  float first;
  std::memcpy(&first, held->storage()[0], sizeof(first));
  EXPECT_EQ(first, 1);
}

}  // namespace
}  // namespace weft
