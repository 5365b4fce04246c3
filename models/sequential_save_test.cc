// What a model saves: equal bytes from equal models, also of a process that has made others, and training that goes on.
#include <string>

#include "core/io.h"
#include "core/philox.h"
#include "core/testing/status_matchers.h"
#include "gtest/gtest.h"
#include "models/layers/layers.h"
#include "models/optimizers/adam.h"
#include "models/sequential.h"

namespace weft {
namespace {

struct Data {
  Tensor x, y;
};
Data MakeData(int64_t n) {
  Data data{*Tensor::Create(DType::kFloat32, {n, 6}), *Tensor::Create(DType::kInt32, {n})};
  PhiloxStream random(3);
  for (float& v : data.x.mutable_data<float>()) v = static_cast<float>(random.Uniform() - 0.5);
  for (int32_t& v : data.y.mutable_data<int32_t>()) v = static_cast<int32_t>(random.Below(3));
  return data;
}

Sequential Classifier() {
  Sequential model({Dense({.units = 8, .activation = "gelu"}), Dropout({.rate = 0.25}), Dense({.units = 8}),
                    Activation("relu"), Dense({.units = 3, .activation = "softmax"})},
                   {.seed = 4, .threads = 1});
  model.Compile(
      {.optimizer = Adam({.learning_rate = 0.01}), .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  return model;
}

absl::Status Train(Sequential& model, int steps) {
  const Data data = MakeData(16);
  for (int step = 0; step < steps; ++step) WEFT_RETURN_IF_ERROR(model.TrainOnBatch(data.x, data.y).status());
  return absl::OkStatus();
}

// The bytes of the single-file form.
absl::StatusOr<std::string> Saved(const Sequential& model, const std::string& name) {
  const std::string path = ::testing::TempDir() + "/" + name + ".weftz";
  WEFT_RETURN_IF_ERROR(model.Save(path));
  return ReadFile(path, 1 << 24);
}

TEST(SequentialSave, TheSecondModelOfAProcessSavesTheSameBytes) {
  Sequential first = Classifier();
  WEFT_ASSERT_OK(Train(first, 5));
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string bytes, Saved(first, "first"));

  // Others in between, of other layers, and one that is still alive.
  Sequential other({Dense({.units = 2}), Flatten(), Dense({.units = 5})}, {.threads = 1});
  WEFT_ASSERT_OK(other.Build({7}));
  Sequential second = Classifier();
  WEFT_ASSERT_OK(Train(second, 5));
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string again, Saved(second, "second"));
  EXPECT_TRUE(bytes == again);

  // Saving is no step of training.
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string once_more, Saved(first, "once_more"));
  EXPECT_TRUE(bytes == once_more);
  WEFT_ASSERT_OK(Train(first, 1));
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string later, Saved(first, "later"));
  EXPECT_FALSE(bytes == later);
}

TEST(SequentialSave, SaveLoadSaveGivesTheSameBytesAndTrainingGoesOn) {
  Sequential model = Classifier();
  WEFT_ASSERT_OK(Train(model, 5));
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string bytes, Saved(model, "model"));
  WEFT_ASSERT_OK_AND_ASSIGN(Sequential loaded, Sequential::Load(::testing::TempDir() + "/model.weftz", {.threads = 1}));
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string again, Saved(loaded, "again"));
  EXPECT_TRUE(bytes == again);

  const Data data = MakeData(9);
  WEFT_ASSERT_OK_AND_ASSIGN(const Tensor y, model.Predict(data.x));
  WEFT_ASSERT_OK_AND_ASSIGN(const Tensor loaded_y, loaded.Predict(data.x));
  EXPECT_TRUE(BitEqual(y, loaded_y));

  WEFT_ASSERT_OK(Train(model, 4));
  WEFT_ASSERT_OK(Train(loaded, 4));
  EXPECT_EQ(model.state()->WeightsHash(), loaded.state()->WeightsHash());
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string trained, Saved(model, "trained"));
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string loaded_trained, Saved(loaded, "loaded_trained"));
  EXPECT_TRUE(trained == loaded_trained);
}

}  // namespace
}  // namespace weft
