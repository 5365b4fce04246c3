// A Dense layer in training is at most one forward, one dX and one dW + update kernel, for every activation and
// optimizer.
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/exec/program.h"
#include "graph/passes/pipeline.h"
#include "gtest/gtest.h"
#include "models/layers/dense.h"
#include "models/optimizers/adam.h"
#include "models/optimizers/rmsprop.h"
#include "models/optimizers/sgd.h"
#include "models/sequential.h"
#include "ops/all_ops.h"
#include "ops/elementwise/elementwise.h"
#include "ops/elementwise/tile_program.h"

namespace weft {
namespace {

// An optimizer that the library does not know: a signed step with a decaying memory of the gradient's size.
class SignedStep : public Optimizer {
 public:
  absl::string_view class_name() const override { return "SignedStep"; }
  void VisitConfig(ConfigVisitor&) override {}
  LearningRate learning_rate() const override { return 0.001; }
  const OptimizerOptions& common() const override { return common_; }
  std::vector<Slot> slots() const override { return {{"size", 0.5}, {"last", 0.0}}; }
  Result Update(const Step& step, Value variable, Value gradient, absl::Span<const Value> slots) const override {
    Value size = slots[0] * 0.75 + Abs(gradient) * 0.25;
    Value direction = Tanh(gradient / (size + 1e-3)) + 0.5 * slots[1];
    return {variable - step.learning_rate * direction, {size, direction}};
  }

 private:
  OptimizerOptions common_;
};

std::vector<std::pair<std::string, OptimizerRef>> Optimizers() {
  return {{"SGD", SGD()},
          {"SGD momentum", SGD({.momentum = 0.9})},
          {"SGD nesterov, clipvalue", SGD({.momentum = 0.9, .nesterov = true, .clipvalue = 0.5})},
          {"RMSprop", RMSprop()},
          {"RMSprop centered", RMSprop({.momentum = 0.5, .centered = true})},
          {"Adam", Adam()},
          {"Adam amsgrad", Adam({.amsgrad = true})},
          {"AdamW", AdamW()},
          {"SignedStep", SignedStep()}};
}

// A small network's functions, optimized.
absl::StatusOr<PassResult> OptimizedTraining(const std::string& activation, const OptimizerRef& optimizer) {
  Sequential model({Dense({.units = 128, .activation = activation}), Dense({.units = 64, .activation = activation}),
                    Dense({.units = 10, .activation = "softmax"})});
  model.Compile({.optimizer = optimizer, .loss = "categorical_crossentropy"});
  WEFT_RETURN_IF_ERROR(model.Build({40}));
  Target target;
  target.isa = DetectIsa();
  return Optimize(model.module(), target);
}

struct Kernels {
  std::vector<std::string> all;
  absl::btree_map<std::string, std::vector<std::string>>
      of_layer;  // those that stream over a weight or a batch of units
};

absl::StatusOr<Kernels> TrainStepKernels(const std::string& activation, const OptimizerRef& optimizer) {
  WEFT_ASSIGN_OR_RETURN(PassResult optimized, OptimizedTraining(activation, optimizer));
  CompileOptions options;
  options.target.isa = DetectIsa();
  WEFT_ASSIGN_OR_RETURN(auto program, Program::Compile(optimized.module, kTrainStepFunction, options));
  WEFT_ASSIGN_OR_RETURN(ProgramStats stats, program->Stats({{"batch", 64}}));
  Kernels kernels;
  kernels.all = stats.kernels;
  for (const std::string& line : stats.kernels) {
    // The last layer's softmax normalizes over its units: a kernel beside the product's.
    if (absl::StartsWith(line, "softmax(")) continue;
    for (const char* layer : {"dense_2", "dense_1", "dense"}) {
      if (!absl::StrContains(line, absl::StrCat(", ", layer))) continue;
      kernels.of_layer[layer].push_back(line);
      break;
    }
  }
  return kernels;
}

std::vector<std::string> HiddenActivations() {
  std::vector<std::string> names;
  for (const Composition* composition : AllOps().compositions()) {
    // Softmax normalizes over the units: not an elementwise epilogue.
    if (composition->is_activation && !absl::StrContains(composition->name, "softmax"))
      names.push_back(composition->name);
  }
  return names;
}

TEST(Fusion, ADenseLayerInTrainingIsThreeKernels) {
  std::vector<std::string> activations = HiddenActivations();
  ASSERT_GE(activations.size(), 15u);
  for (const auto& [name, optimizer] : Optimizers()) {
    for (const std::string& activation : activations) {
      SCOPED_TRACE(absl::StrCat(activation, ", ", name));
      WEFT_ASSERT_OK_AND_ASSIGN(Kernels kernels, TrainStepKernels(activation, optimizer));
      int products = 0;
      for (const std::string& line : kernels.all)
        products += absl::StartsWith(line, "matmul") || absl::StartsWith(line, "dense_update");
      // Three layers; the first needs no gradient of its input.
      EXPECT_EQ(products, 8) << absl::StrJoin(kernels.all, "\n");
      for (const auto& [layer, lines] : kernels.of_layer) {
        EXPECT_LE(lines.size(), 3u) << layer << ":\n" << absl::StrJoin(kernels.all, "\n");
      }
    }
  }
}

// The bias, which no panel can hold, is updated in one kernel with the weight.
TEST(Fusion, TheWeightsOfANetworkInTrainingLiveInPanels) {
  for (const auto& [name, optimizer] : Optimizers()) {
    WEFT_ASSERT_OK_AND_ASSIGN(PassResult optimized, OptimizedTraining("relu", optimizer));
    int panels = 0;
    for (const VariableDecl& variable : optimized.module->variables()) {
      const bool hidden = absl::StrContains(variable.name, "dense") && !absl::StrContains(variable.name, "dense_2");
      const bool expected = hidden && variable.type.rank() == 2;
      EXPECT_EQ(variable.type.layout == Layout::kPanels64, expected) << name << ": " << variable.name;
      panels += expected;
    }
    EXPECT_GE(panels, 2) << name;
  }
}

// The list in ops/elementwise/straight.h follows the way in which these optimizers record their updates.
TEST(Fusion, UpdatesOfCommonOptimizersRunInOnePass) {
  for (const auto& [name, optimizer] : Optimizers()) {
    const bool common =
        name == "SGD" || name == "SGD momentum" || name == "RMSprop" || name == "Adam" || name == "AdamW";
    WEFT_ASSERT_OK_AND_ASSIGN(PassResult optimized, OptimizedTraining("relu", optimizer));
    const GraphPtr train = optimized.module->FindFunction(kTrainStepFunction);
    int updates = 0;
    for (const Node& node : train->nodes()) {
      if (node.op->name != "dense_update") continue;
      for (const char* body : {"body", "sum_body"}) {
        WEFT_ASSERT_OK_AND_ASSIGN(TileProgram program, TileProgram::Create(*node.attrs->Function(body), DetectIsa()));
        if (common) {
          EXPECT_EQ(program.num_instructions(), 1) << name << ": " << program.straight_text();
        }
        ++updates;
      }
    }
    EXPECT_EQ(updates, 6) << name;
  }
}

}  // namespace
}  // namespace weft
