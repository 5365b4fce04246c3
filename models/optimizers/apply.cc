#include "models/optimizers/apply.h"

#include <cmath>
#include <optional>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"

namespace weft {
namespace {

// As Keras: an option that is null or 0 switches its kind of clipping off.
bool IsOn(const std::optional<double>& option) { return option.has_value() && *option > 0; }

absl::Status CheckPositive(absl::string_view name, const std::optional<double>& value) {
  if (!value.has_value() || (*value >= 0 && std::isfinite(*value))) return absl::OkStatus();
  return InvalidArgument(name, " must be a number >= 0, received ", *value);
}

absl::Status CheckVariable(const VariableGradient& v, const std::vector<Slot>& slots) {
  if (!v.variable.ok() || !v.gradient.ok()) {
    return InvalidArgument("variable '", v.name, "' has no ", v.variable.ok() ? "gradient" : "value");
  }
  const TensorType& type = v.variable.type();
  if (v.gradient.type() != type) {
    return InvalidArgument("variable '", v.name, "' is ", type.ToString(), ", but its gradient is ",
                           v.gradient.type().ToString());
  }
  if (v.slots.size() != slots.size()) {
    return InvalidArgument("variable '", v.name, "': expected ", slots.size(), " slots, received ", v.slots.size());
  }
  for (size_t i = 0; i < slots.size(); ++i) {
    if (v.slots[i].ok() && v.slots[i].type() == type) continue;
    return InvalidArgument("variable '", v.name, "' is ", type.ToString(), ", but its slot ", slots[i].name, " is ",
                           v.slots[i].ok() ? v.slots[i].type().ToString() : "absent");
  }
  return absl::OkStatus();
}

Value SumOfSquares(Value x) { return ReduceSum(Square(x)); }

// g * c / max(|g|, c); a gradient of zeros stays zeros.
Value ClipByNorm(Value g, double c) { return (g * c) / Maximum(Sqrt(SumOfSquares(g)), c); }

// The factor that brings the norm of all gradients together down to c. Of zeros: c * min(1 / 0, 1 / c) = 1. The last
// term is 0, or NaN where the norm is not finite: a step that is lost shows.
Value GlobalScale(absl::Span<const VariableGradient> variables, double c) {
  Value sum;
  for (const VariableGradient& v : variables) {
    const Value squares = SumOfSquares(v.gradient);
    sum = sum.absent() ? squares : sum + squares;
  }
  const Value norm = Sqrt(sum);
  return c * Minimum(1.0 / norm, 1.0 / c) + (norm - norm);
}

}  // namespace

std::string SlotVariableName(absl::string_view variable, const Slot& slot) {
  return absl::StrCat("optimizer/", variable, "/", slot.name);
}

absl::Status ValidateOptimizer(const Optimizer& optimizer) {
  const OptimizerOptions& common = optimizer.common();
  auto named = [&](const absl::Status& status) { return Annotate(status, optimizer.class_name()); };
  const int ways = common.clipnorm.has_value() + common.clipvalue.has_value() + common.global_clipnorm.has_value();
  if (ways > 1) {
    auto shown = [](const std::optional<double>& v) { return v.has_value() ? absl::StrCat(*v) : "null"; };
    return named(InvalidArgument(
        "only one of clipnorm, clipvalue and global_clipnorm can be set, received clipnorm=", shown(common.clipnorm),
        ", clipvalue=", shown(common.clipvalue), ", global_clipnorm=", shown(common.global_clipnorm)));
  }
  for (const absl::Status& status :
       {CheckPositive("clipnorm", common.clipnorm), CheckPositive("clipvalue", common.clipvalue),
        CheckPositive("global_clipnorm", common.global_clipnorm)}) {
    if (!status.ok()) return named(status);
  }
  if (common.weight_decay.has_value() && !std::isfinite(*common.weight_decay)) {
    return named(InvalidArgument("weight_decay must be finite, received ", *common.weight_decay));
  }
  const LearningRate rate = optimizer.learning_rate();
  if (rate.schedule.is_none() && !std::isfinite(rate.value)) {
    return named(InvalidArgument("learning_rate must be finite, received ", rate.value));
  }
  if (!rate.schedule.is_none() && rate.schedule.get() == nullptr) {
    return named(InvalidArgument("the learning rate schedule '", rate.schedule.name(),
                                 "' is given by name; give an object, as it needs options"));
  }
  const absl::Status own = optimizer.Validate();
  return own.ok() ? own : named(own);
}

Value RecordLearningRate(const Optimizer& optimizer, GraphBuilder& builder, Value iterations, Value variable) {
  const LearningRate rate = optimizer.learning_rate();
  if (rate.schedule.is_none()) return variable;
  const absl::Status status = ValidateOptimizer(optimizer);
  if (!status.ok()) return builder.Error(status);
  GraphBuilder::Scope scope(builder, "learning_rate");
  return rate.schedule.get()->Record(builder, iterations);
}

absl::StatusOr<std::vector<Optimizer::Result>> ApplyGradients(const Optimizer& optimizer, const Optimizer::Step& step,
                                                              absl::Span<const VariableGradient> variables) {
  WEFT_RETURN_IF_ERROR(ValidateOptimizer(optimizer));
  WEFT_RETURN_IF_ERROR(step.builder.status());
  const std::vector<Slot> slots = optimizer.slots();
  for (const VariableGradient& v : variables) WEFT_RETURN_IF_ERROR(CheckVariable(v, slots));

  const OptimizerOptions& common = optimizer.common();
  Value scale;
  if (IsOn(common.global_clipnorm) && !variables.empty()) scale = GlobalScale(variables, *common.global_clipnorm);

  std::vector<Optimizer::Result> results;
  for (const VariableGradient& v : variables) {
    GraphBuilder::Scope of_variable(step.builder, v.name);
    Value gradient = v.gradient;
    if (IsOn(common.clipnorm)) gradient = ClipByNorm(gradient, *common.clipnorm);
    if (!scale.absent()) gradient = gradient * scale;
    if (IsOn(common.clipvalue)) gradient = Clip(gradient, -*common.clipvalue, *common.clipvalue);

    // Variables of another dtype than the learning rate's are updated in their own, as in Keras.
    Optimizer::Step own = step;
    if (own.learning_rate.dtype() != v.variable.dtype()) {
      own.learning_rate = Cast(own.learning_rate, v.variable.dtype());
    }
    Value variable = v.variable;
    if (common.weight_decay.has_value()) {
      variable = variable - variable * *common.weight_decay * own.learning_rate;
    }
    results.push_back(optimizer.Update(own, variable, gradient, v.slots));
  }
  WEFT_RETURN_IF_ERROR(step.builder.status());
  return results;
}

}  // namespace weft
