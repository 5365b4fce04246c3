// One result for recurrent and convolutional networks: the same bits for any partition, thread count and instruction
// set, and of a row whatever its batch.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/testing/status_matchers.h"
#include "graph/exec/program.h"
#include "gtest/gtest.h"
#include "models/layers/layers.h"
#include "models/optimizers/adam.h"
#include "models/sequential.h"
#include "ops/testing/targets.h"
#include "tests/train_by_hand.h"

namespace weft {
namespace {

constexpr int64_t kSteps = 7, kFeatures = 9, kClasses = 10, kRows = 48;

struct Network {
  std::string name;
  std::vector<LayerRef> layers;
};

std::vector<Network> Networks() {
  std::vector<Network> networks = {
      {"lstm", {LSTM({.units = 70, .dropout = 0.2}), LayerRef(Dense({.units = kClasses, .activation = "softmax"}))}},
      {"gru", {GRU({.units = 70}), LayerRef(Dense({.units = kClasses, .activation = "softmax"}))}},
      {"lstm whose gates are columns of the product's panels",
       {LSTM({.units = 64, .return_sequences = true}), LSTM({.units = 128}),
        LayerRef(Dense({.units = kClasses, .activation = "softmax"}))}},
      {"convolutions and poolings",
       {Reshape({.target_shape = {kSteps, kFeatures, 1}}),
        Conv2D({.filters = 17, .kernel_size = {3}, .padding = "same", .activation = "relu"}),
        MaxPooling2D({.pool_size = {2}}), Conv2D({.filters = 64, .kernel_size = {2}, .activation = "relu"}),
        AveragePooling2D({.pool_size = {2}, .strides = {1}}), Flatten(), Dropout(0.3),
        LayerRef(Dense({.units = kClasses, .activation = "softmax"}))}},
      {"other convolutions",
       {Reshape({.target_shape = {kSteps, kFeatures, 1}}),
        Conv2D({.filters = 6, .kernel_size = {3, 2}, .strides = {2}, .padding = "same"}),
        DepthwiseConv2D({.kernel_size = {2}, .padding = "same", .activation = "tanh"}),
        Conv2DTranspose({.filters = 5, .kernel_size = {3}, .strides = {2}}),
        Conv2D({.filters = 10, .kernel_size = {2}, .dilation_rate = {2}, .groups = 5}), GlobalAveragePooling2D(),
        LayerRef(Dense({.units = kClasses, .activation = "softmax"}))}},
      {"gates with masks",
       {LSTM({.units = 20, .recurrent_dropout = 0.2, .return_sequences = true}),
        GRU({.units = 17, .recurrent_dropout = 0.2, .reset_after = false}),
        LayerRef(Dense({.units = kClasses, .activation = "softmax"}))}},
      {"masked steps, both ways",
       {Masking({.mask_value = 0.5}), Bidirectional(LSTM({.units = 20, .return_sequences = true})),
        SimpleRNN({.units = 33}), LayerRef(Dense({.units = kClasses, .activation = "softmax"}))}},
  };
  for (Network& network : networks) {
    network.layers.insert(network.layers.begin(), Reshape({.target_shape = {kSteps, kFeatures}}));
  }
  return networks;
}

std::shared_ptr<const Module> Record(const Network& network) {
  Sequential model(network.layers, {.threads = 1});
  model.Compile({.optimizer = Adam({.learning_rate = 0.01}), .loss = "categorical_crossentropy"});
  WEFT_EXPECT_OK(model.Build({kSteps * kFeatures}));
  return model.module();
}

// Every other step of every third row is one that Masking leaves out.
std::vector<StepInputs> Batches(int64_t steps, int64_t rows) {
  std::vector<StepInputs> batches = RandomBatches(steps, rows, kSteps * kFeatures, kClasses);
  for (StepInputs& batch : batches) {
    float* x = batch.x.mutable_data<float>().data();
    for (int64_t row = 0; row < rows; row += 3) {
      for (int64_t step = row % 2; step < kSteps; step += 2) {
        std::fill_n(x + (row * kSteps + step) * kFeatures, kFeatures, 0.5f);
      }
    }
  }
  return batches;
}

std::string HashAfterTraining(const std::shared_ptr<const Module>& module, const Target& target, int pool_threads) {
  TrainByHandOptions options;
  options.target = target;
  options.pool_threads = pool_threads;
  absl::StatusOr<Trained> trained = TrainByHand(module, Batches(5, kRows), options);
  WEFT_EXPECT_OK(trained);
  return trained.ok() ? trained->state->WeightsHash() : "";
}

TEST(OneResultNetworks, TrainingGivesTheSameBitsOnEveryTarget) {
  for (const Network& network : Networks()) {
    const std::shared_ptr<const Module> module = Record(network);
    std::string first;
    for (const Target& target : TargetsToTest()) {
      const std::string hash = HashAfterTraining(module, target, 1);
      if (first.empty()) first = hash;
      EXPECT_EQ(hash, first) << network.name << ": " << Name(target.isa) << ", " << target.threads << " shares";
    }
  }
}

TEST(OneResultNetworks, ThreadsDoNotMatter) {
  const Target target = TargetOf(DetectIsa(), 8);
  for (const Network& network : Networks()) {
    const std::shared_ptr<const Module> module = Record(network);
    const std::string expected = HashAfterTraining(module, target, 0);
    for (int threads : {1, 2, 3}) {
      EXPECT_EQ(HashAfterTraining(module, target, threads), expected) << network.name << ", " << threads << " threads";
    }
  }
}

TEST(OneResultNetworks, ARowAloneIsTheRowInAnyBatch) {
  Target target;
  target.isa = DetectIsa();
  TrainByHandOptions options;
  options.target = target;
  const std::vector<StepInputs> batches = Batches(1, 37);
  for (const Network& network : Networks()) {
    WEFT_ASSERT_OK_AND_ASSIGN(Trained trained, TrainByHand(Record(network), batches, options));
    CompileOptions compile;
    compile.target = target;
    WEFT_ASSERT_OK_AND_ASSIGN(auto predict, Program::Compile(trained.optimized, kPredictFunction, compile));
    WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> all, predict->Run(*trained.state, {batches[0].x}));
    for (int64_t rows : {1, 2, 5, 16}) {
      for (int64_t begin = 0; begin + rows <= 37; begin += rows) {
        WEFT_ASSERT_OK_AND_ASSIGN(Tensor part, batches[0].x.Rows(begin, begin + rows));
        WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> alone, predict->Run(*trained.state, {part}));
        WEFT_ASSERT_OK_AND_ASSIGN(Tensor expected, all[0].Rows(begin, begin + rows));
        ASSERT_TRUE(BitEqual(alone[0], expected)) << network.name << ", rows " << begin << " ... " << begin + rows;
      }
    }
  }
}

}  // namespace
}  // namespace weft
