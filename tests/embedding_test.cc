// A second program: it links core, graph and ops only, no line of models/. It loads what another program saved,
// predicts the same bits, and goes on training to the same bits as the run that was never interrupted.
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "core/io.h"
#include "core/testing/status_matchers.h"
#include "core/thread_pool.h"
#include "graph/exec/program.h"
#include "graph/passes/pipeline.h"
#include "graph/proto/saved_module.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"

namespace weft {
namespace {

constexpr char kModule[] = "tests/saved_model.weftz";

struct Service {
  std::shared_ptr<const Module> module;
  std::unique_ptr<State> state;
  std::shared_ptr<const Program> predict, train_step;
};

absl::StatusOr<Service> Start(const LoadedModule& loaded, const Target& target) {
  WEFT_ASSIGN_OR_RETURN(PassResult optimized, Optimize(loaded.module, target));
  Service service;
  service.module = optimized.module;
  WEFT_ASSIGN_OR_RETURN(service.state, State::Create(optimized.module));
  for (const NamedTensor& variable : loaded.variables) {
    WEFT_RETURN_IF_ERROR(service.state->Set(variable.first, variable.second));
  }
  WEFT_ASSIGN_OR_RETURN(service.predict, Program::Compile(optimized.module, kPredictFunction, {.target = target}));
  WEFT_ASSIGN_OR_RETURN(service.train_step, Program::Compile(optimized.module, kTrainStepFunction, {.target = target}));
  return service;
}

class Embedding : public ::testing::Test {
 protected:
  void SetUp() override {
    WEFT_ASSERT_OK_AND_ASSIGN(std::string bytes, ReadFile("tests/saved_model_batches.safetensors", 1 << 24));
    WEFT_ASSERT_OK_AND_ASSIGN(Safetensors file, ReadSafetensors(bytes));
    for (NamedTensor& tensor : file.tensors) data_.insert(std::move(tensor));
    WEFT_ASSERT_OK_AND_ASSIGN(expected_hash_, ReadFile("tests/saved_model_expected.txt", 1 << 10));
  }

  void Check(const LoadedModule& loaded) {
    for (int threads : {1, 2}) {
      ThreadPool pool(threads);
      RunOptions run;
      run.pool = &pool;
      WEFT_ASSERT_OK_AND_ASSIGN(Service service, Start(loaded, Target::Host(threads)));
      // Readers see a published snapshot; training goes on beside them.
      WEFT_ASSERT_OK(service.state->Publish());
      SnapshotPtr snapshot = service.state->published();
      for (int step = 3; step < 8; ++step) {
        WEFT_ASSERT_OK(service.train_step
                           ->Run(*service.state, {data_[absl::StrCat("x", step)], data_[absl::StrCat("y", step)]}, run)
                           .status());
      }
      EXPECT_EQ(service.state->WeightsHash(), expected_hash_);
      const Tensor& expected = data_["prediction"];
      WEFT_ASSERT_OK_AND_ASSIGN(Tensor y, Tensor::Create(expected.dtype(), expected.dims()));
      WEFT_ASSERT_OK(service.predict->Run(*snapshot, {data_["x0"]}, {y}, run));
      EXPECT_TRUE(BitEqual(y, expected));
    }
  }

  absl::flat_hash_map<std::string, Tensor> data_;
  std::string expected_hash_;
};

TEST_F(Embedding, PredictsAndTrainsOnFromAFile) {
  WEFT_ASSERT_OK_AND_ASSIGN(LoadedModule loaded, LoadModule(kModule, AllOps()));
  Check(loaded);
}

TEST_F(Embedding, PredictsAndTrainsOnFromMemory) {
  WEFT_ASSERT_OK_AND_ASSIGN(std::string bytes, ReadFile(kModule, 1 << 24));
  WEFT_ASSERT_OK_AND_ASSIGN(LoadedModule loaded, LoadModuleFromBytes(bytes, AllOps()));
  Check(loaded);
}

TEST_F(Embedding, PredictsAndTrainsOnFromADirectory) {
  WEFT_ASSERT_OK_AND_ASSIGN(LoadedModule loaded, LoadModule(kModule, AllOps()));
  std::string path = ::testing::TempDir() + "/saved_model";
  WEFT_ASSERT_OK(SaveModule(path, *loaded.module, loaded.variables));
  WEFT_ASSERT_OK_AND_ASSIGN(LoadedModule again, LoadModule(path, AllOps()));
  Check(again);
}

TEST_F(Embedding, SavingWhatWasLoadedGivesTheSameBytes) {
  WEFT_ASSERT_OK_AND_ASSIGN(std::string bytes, ReadFile(kModule, 1 << 24));
  WEFT_ASSERT_OK_AND_ASSIGN(LoadedModule loaded, LoadModuleFromBytes(bytes, AllOps()));
  EXPECT_EQ(SaveModuleToBytes(*loaded.module, loaded.variables).value(), bytes);
}

// A second process, in another folder, wrote this one.
TEST_F(Embedding, TwoProcessesSaveTheSameBytes) {
  WEFT_ASSERT_OK_AND_ASSIGN(std::string first, ReadFile(kModule, 1 << 24));
  WEFT_ASSERT_OK_AND_ASSIGN(std::string second, ReadFile("tests/again/saved_model.weftz", 1 << 24));
  EXPECT_EQ(first, second);
}

}  // namespace
}  // namespace weft
