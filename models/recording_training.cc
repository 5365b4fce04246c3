#include "models/recording_training.h"

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/autodiff/gradients.h"
#include "models/optimizers/apply.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"
#include "ops/shape/shape.h"

namespace weft::recording_internal {
namespace {

constexpr char kOptimizerKind[] = "optimizer";
constexpr char kMetricKind[] = "metric";

struct Forward {
  Value y_true, y_pred, loss;
};

// As in Keras, steps that the output's mask leaves out do not count: each step that counts weighs so much that the mean
// over all steps is the mean over those that count. mask: bool [batch, time]; sample_weight: [batch], or absent.
Value MaskedWeight(Value mask, Value sample_weight, const std::string& reduction) {
  Value weight = Cast(mask, DType::kFloat32);
  if (reduction == "sum_over_batch_size" || reduction == "mean") {
    const Value counted = ReduceSum(weight);
    const Value all = Cast(DimSize(mask, 0) * DimSize(mask, 1), DType::kFloat32);
    weight = weight * (all / (counted + 1e-7));
  }
  return sample_weight.absent() ? weight : weight * ExpandDims(sample_weight, 1);
}

// Inputs, layers and the loss, regularization included: what train_step and evaluate have in common.
absl::StatusOr<Forward> RecordLoss(GraphBuilder& builder, VariableSet& variables, const ModelSpec& spec, bool training,
                                   const RecordedModel& model) {
  const Value x = builder.Input("x", spec.input);
  Forward forward;
  forward.y_true = builder.Input("y", model.target);
  Value sample_weight;
  if (spec.sample_weights) {
    sample_weight = builder.Input("sample_weight", {DType::kFloat32, {spec.input.shape[0]}});
  }
  std::vector<Value> losses;
  WEFT_ASSIGN_OR_RETURN(const MaskedValue output, CallLayers(builder, variables, spec, training, x, losses));
  forward.y_pred = output.value;
  GraphBuilder::Scope scope(builder, "loss");
  const Loss& loss = *spec.training->loss;
  if (output.mask.ok()) sample_weight = MaskedWeight(output.mask, sample_weight, loss.reduction());
  forward.loss = loss.Record(builder, forward.y_true, forward.y_pred, sample_weight);
  WEFT_RETURN_IF_ERROR(builder.status());
  if (forward.loss.rank() != 0) {
    return InvalidArgument(loss.class_name(), ": to train, the loss must be one number; the reduction '",
                           loss.reduction(), "' gives ", forward.loss.type().ToString());
  }
  for (Value extra : losses) forward.loss = forward.loss + extra;
  WEFT_RETURN_IF_ERROR(builder.status());
  return forward;
}

// Adds the batch to the metrics. The loss is weighted by the batch's size, as Keras does, so that partial batches count
// for what they are; the other metrics know the samples.
absl::Status RecordMetricUpdates(GraphBuilder& builder, const ModelSpec& spec, const RecordedModel& model,
                                 const Forward& forward) {
  {
    GraphBuilder::Scope scope(builder, "metrics/loss");
    const std::string total = MetricVariableName("loss", "total"), count = MetricVariableName("loss", "count");
    const Value size = DimSize(builder, spec.input.shape[0]);
    builder.Update(total, builder.Variable(total) + forward.loss * Cast(size, DType::kFloat32));
    builder.Update(count, builder.Variable(count) + size);
  }
  for (const RecordedMetric& recorded : model.metrics) {
    GraphBuilder::Scope scope(builder, absl::StrCat("metrics/", recorded.metric.name));
    std::vector<Value> accumulators;
    for (const std::string& variable : recorded.variables) accumulators.push_back(builder.Variable(variable));
    const std::vector<Value> updated =
        recorded.metric.metric->Update(builder, forward.y_true, forward.y_pred, Value(), accumulators);
    WEFT_RETURN_IF_ERROR(builder.status());
    if (updated.size() != accumulators.size()) {
      return Internal("metric ", recorded.metric.name, ": Update returned ", updated.size(), " values for ",
                      accumulators.size(), " accumulators");
    }
    for (size_t i = 0; i < updated.size(); ++i) builder.Update(recorded.variables[i], updated[i]);
  }
  return builder.status();
}

absl::Status DeclareMetrics(const ModelSpec& spec, VariableSet& variables, RecordedModel& model) {
  const TensorType scalar{DType::kFloat32, {}}, counter{DType::kInt64, {}};
  WEFT_RETURN_IF_ERROR(variables.AddFilled({MetricVariableName("loss", "total"), scalar, false, kMetricKind}, 0));
  WEFT_RETURN_IF_ERROR(variables.AddFilled({MetricVariableName("loss", "count"), counter, false, kMetricKind}, 0));
  absl::flat_hash_set<std::string> names = {"loss"};
  for (const MetricRef& ref : spec.training->metrics) {
    RecordedMetric recorded;
    WEFT_ASSIGN_OR_RETURN(recorded.metric, ResolveMetric(*spec.registry, ref, model.target, model.output));
    const std::string base = recorded.metric.name;
    for (int i = 1; !names.insert(recorded.metric.name).second; ++i) {
      recorded.metric.name = absl::StrCat(base, "_", i);
    }
    for (const Metric::Accumulator& accumulator : recorded.metric.metric->accumulators(model.output)) {
      recorded.variables.push_back(MetricVariableName(recorded.metric.name, accumulator.name));
      WEFT_RETURN_IF_ERROR(variables.AddFilled({recorded.variables.back(), accumulator.type, false, kMetricKind}, 0));
    }
    model.metrics.push_back(std::move(recorded));
  }
  return absl::OkStatus();
}

std::vector<VariableDecl> TrainableVariables(const Module& module) {
  std::vector<VariableDecl> trainable;
  for (const VariableDecl& variable : module.variables()) {
    if (variable.trainable) trainable.push_back(variable);
  }
  return trainable;
}

absl::Status DeclareOptimizer(const Optimizer& optimizer, VariableSet& variables) {
  WEFT_RETURN_IF_ERROR(variables.AddFilled({kIterationsVariable, {DType::kInt64, {}}, false, kOptimizerKind}, 0));
  const LearningRate rate = optimizer.learning_rate();
  if (rate.schedule.is_none()) {
    WEFT_RETURN_IF_ERROR(
        variables.AddFilled({kLearningRateVariable, {DType::kFloat32, {}}, false, kOptimizerKind}, rate.value));
  }
  for (const VariableDecl& variable : TrainableVariables(variables.module())) {
    for (const Slot& slot : optimizer.slots()) {
      WEFT_RETURN_IF_ERROR(variables.AddFilled(
          {SlotVariableName(variable.name, slot), variable.type, false, kOptimizerKind}, slot.initial_value));
    }
  }
  return absl::OkStatus();
}

// Gradients of the loss, and the optimizer's update of each trainable variable and its slots.
absl::Status RecordUpdates(GraphBuilder& builder, const Optimizer& optimizer, const Module& module, Value loss) {
  const std::vector<VariableDecl> trainable = TrainableVariables(module);
  std::vector<Value> variables;
  for (const VariableDecl& variable : trainable) variables.push_back(builder.Variable(variable.name));
  WEFT_ASSIGN_OR_RETURN(std::vector<Value> gradients, Gradients({&loss, 1}, variables));

  GraphBuilder::Scope scope(builder, "optimizer");
  const Value iterations = builder.Variable(kIterationsVariable);
  const bool constant_rate = optimizer.learning_rate().schedule.is_none();
  const Value rate = RecordLearningRate(optimizer, builder, iterations,
                                        constant_rate ? builder.Variable(kLearningRateVariable) : Value());
  const std::vector<Slot> slots = optimizer.slots();
  std::vector<VariableGradient> pairs(trainable.size());
  for (size_t i = 0; i < trainable.size(); ++i) {
    pairs[i] = {trainable[i].name, variables[i], gradients[i], {}};
    for (const Slot& slot : slots) {
      pairs[i].slots.push_back(builder.Variable(SlotVariableName(trainable[i].name, slot)));
    }
  }
  WEFT_ASSIGN_OR_RETURN(auto updated, ApplyGradients(optimizer, {builder, rate, iterations}, pairs));
  for (size_t i = 0; i < trainable.size(); ++i) {
    builder.Update(trainable[i].name, updated[i].variable);
    for (size_t k = 0; k < slots.size(); ++k) {
      builder.Update(SlotVariableName(trainable[i].name, slots[k]), updated[i].slots[k]);
    }
  }
  builder.Update(kIterationsVariable, iterations + 1);
  return builder.status();
}

absl::Status RecordTrainStep(const ModelSpec& spec, VariableSet& variables, RecordedModel& model) {
  GraphBuilder builder(*spec.ops, model.module.get());
  WEFT_ASSIGN_OR_RETURN(Forward forward, RecordLoss(builder, variables, spec, /*training=*/true, model));
  WEFT_RETURN_IF_ERROR(RecordMetricUpdates(builder, spec, model, forward));
  const Optimizer& optimizer = *spec.training->optimizer;
  WEFT_RETURN_IF_ERROR(DeclareOptimizer(optimizer, variables));
  WEFT_RETURN_IF_ERROR(RecordUpdates(builder, optimizer, *model.module, forward.loss));
  if (variables.has_rng()) builder.Update(kRngStepVariable, builder.Variable(kRngStepVariable) + 1);
  builder.Output("loss", forward.loss);
  WEFT_ASSIGN_OR_RETURN(GraphPtr graph, builder.Build());
  return model.module->AddFunction(kTrainStepFunction, std::move(graph));
}

absl::Status RecordEvaluate(const ModelSpec& spec, VariableSet& variables, RecordedModel& model) {
  GraphBuilder builder(*spec.ops, model.module.get());
  WEFT_ASSIGN_OR_RETURN(Forward forward, RecordLoss(builder, variables, spec, /*training=*/false, model));
  WEFT_RETURN_IF_ERROR(RecordMetricUpdates(builder, spec, model, forward));
  builder.Output("loss", forward.loss);
  WEFT_ASSIGN_OR_RETURN(GraphPtr graph, builder.Build());
  return model.module->AddFunction(kEvaluateFunction, std::move(graph));
}

absl::Status RecordResetMetrics(const ModelSpec& spec, RecordedModel& model) {
  GraphBuilder builder(*spec.ops, model.module.get());
  for (const VariableDecl& variable : model.module->variables()) {
    if (variable.kind == kMetricKind) builder.Update(variable.name, Full(builder, variable.type, 0));
  }
  WEFT_ASSIGN_OR_RETURN(GraphPtr graph, builder.Build());
  return model.module->AddFunction(kResetMetricsFunction, std::move(graph));
}

}  // namespace

absl::Status RecordTraining(const ModelSpec& spec, VariableSet& variables, RecordedModel& model) {
  WEFT_RETURN_IF_ERROR(ValidateOptimizer(*spec.training->optimizer));
  WEFT_ASSIGN_OR_RETURN(model.target, spec.training->loss->TargetType(model.output));
  WEFT_RETURN_IF_ERROR(DeclareMetrics(spec, variables, model));
  WEFT_RETURN_IF_ERROR(RecordTrainStep(spec, variables, model));
  WEFT_RETURN_IF_ERROR(RecordEvaluate(spec, variables, model));
  return RecordResetMetrics(spec, model);
}

}  // namespace weft::recording_internal
