// Writes what embedding_test starts from: a model trained for some steps, and what the uninterrupted run goes on to.
//
//   make_saved_module MODULE_ZIP BATCHES EXPECTED
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/io.h"
#include "core/status.h"
#include "graph/proto/safetensors.h"
#include "models/layers/dense.h"
#include "models/layers/dropout.h"
#include "models/optimizers/adam.h"
#include "models/sequential.h"
#include "tests/train_by_hand.h"

namespace weft {
namespace {

absl::Status Make(const std::string& module_path, const std::string& batches_path, const std::string& expected_path) {
  SequentialOptions options;
  options.threads = 1;
  Sequential model({Dense({.units = 64, .activation = "relu"}), Dropout({.rate = 0.25}),
                    Dense({.units = 5, .activation = "softmax"})},
                   options);
  model.Compile(
      {.optimizer = Adam({.learning_rate = 0.01}), .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  std::vector<StepInputs> batches = RandomBatches(8, 32, 64, 5);
  for (int step = 0; step < 3; ++step)
    WEFT_RETURN_IF_ERROR(model.TrainOnBatch(batches[step].x, batches[step].y).status());
  WEFT_RETURN_IF_ERROR(model.Save(module_path));
  WEFT_ASSIGN_OR_RETURN(Tensor prediction, model.Predict(batches[0].x));
  for (int step = 3; step < 8; ++step)
    WEFT_RETURN_IF_ERROR(model.TrainOnBatch(batches[step].x, batches[step].y).status());

  std::vector<NamedTensor> tensors = {{"prediction", prediction}};
  for (size_t i = 0; i < batches.size(); ++i) {
    tensors.emplace_back(absl::StrCat("x", i), batches[i].x);
    tensors.emplace_back(absl::StrCat("y", i), batches[i].y);
  }
  WEFT_ASSIGN_OR_RETURN(std::string bytes, WriteSafetensors(tensors));
  WEFT_RETURN_IF_ERROR(WriteFileAtomically(batches_path, bytes));
  return WriteFileAtomically(expected_path, model.state()->WeightsHash());
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  absl::Status status = weft::Make(argv[1], argv[2], argv[3]);
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
