#include "models/layers/recurrent.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "graph/ir/scan.h"
#include "models/layers/layers_util.h"
#include "ops/dense/dense.h"
#include "ops/elementwise/elementwise.h"
#include "ops/random/random.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

std::string StateName(int state) { return absl::StrCat("state_", state); }

absl::Status CheckRate(absl::string_view name, double rate) {
  if (rate >= 0 && rate < 1) return absl::OkStatus();
  return InvalidArgument(name, " must lie in [0, 1), received ", rate);
}

// Columns [begin, end) of a kernel.
Value Columns(Value kernel, const Dim& begin, const Dim& end) { return SliceAxis(kernel, 1, begin, end); }

}  // namespace

RecurrentLayer::RecurrentLayer(RecurrentOptions options) : options_(std::move(options)) {
  name_ = options_.name;
  trainable_ = options_.trainable;
}

std::shared_ptr<RecurrentLayer> RecurrentLayer::With(bool go_backwards, bool zero_output_for_mask) const {
  std::shared_ptr<RecurrentLayer> copy = Clone();
  copy->options_.go_backwards = go_backwards;
  copy->options_.zero_output_for_mask = zero_output_for_mask;
  return copy;
}

void RecurrentLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("return_sequences", options_.return_sequences);
  visitor.Field("return_state", options_.return_state);
  visitor.Field("go_backwards", options_.go_backwards);
  visitor.Field("stateful", options_.stateful);
  visitor.Field("unroll", options_.unroll);
  visitor.Field("zero_output_for_mask", options_.zero_output_for_mask);
  visitor.Field("units", options_.units);
  visitor.Field("activation", options_.activation);
  VisitCell(visitor);
  visitor.Field("use_bias", options_.use_bias);
  visitor.Object("kernel_initializer", "initializer", options_.kernel_initializer);
  visitor.Object("recurrent_initializer", "initializer", options_.recurrent_initializer);
  visitor.Object("bias_initializer", "initializer", options_.bias_initializer);
  visitor.MustBeNull("kernel_regularizer");
  visitor.MustBeNull("recurrent_regularizer");
  visitor.MustBeNull("bias_regularizer");
  visitor.MustBeNull("activity_regularizer");
  visitor.MustBeNull("kernel_constraint");
  visitor.MustBeNull("recurrent_constraint");
  visitor.MustBeNull("bias_constraint");
  visitor.Field("dropout", options_.dropout);
  visitor.Field("recurrent_dropout", options_.recurrent_dropout);
  visitor.Field("seed", options_.seed);
  visitor.Ignore("implementation");  // of Keras' loop, not of its result
}

absl::Status RecurrentLayer::CheckInputs(absl::Span<const TensorType> inputs) const {
  const size_t states = static_cast<size_t>(num_states());
  if (inputs.size() != 1 && inputs.size() != 1 + states) {
    return InvalidArgument("expected one input, or with the initial states ", 1 + states, ", received ", inputs.size());
  }
  WEFT_RETURN_IF_ERROR(ExpectOneFloatInput(inputs.first(1)));
  const TensorType& x = inputs[0];
  if (x.rank() != 3) {
    return InvalidArgument("expected an input [batch, time, features], received ", x.ToString(),
                           x.rank() == 2 ? ", which has no axis of time; a layer Reshape in front cuts a sample into "
                                           "steps"
                                         : "");
  }
  if (!x.shape[2].is_constant()) {
    return InvalidArgument("the last axis of the input must have a known size, for the kernel; received ",
                           x.ToString());
  }
  const TensorType state{x.dtype, {x.shape[0], options_.units}};
  for (size_t i = 1; i < inputs.size(); ++i) {
    if (inputs[i] == state) continue;
    return InvalidArgument("initial state ", i - 1, ": expected ", state.ToString(), ", received ",
                           inputs[i].ToString());
  }
  if (options_.stateful && !x.shape[0].is_constant()) {
    return InvalidArgument(
        "a stateful layer keeps a state per sample of the batch, so the batch must be fixed: "
        "Input({.shape = ..., .batch_size = n}); received ",
        x.ToString());
  }
  return absl::OkStatus();
}

absl::Status RecurrentLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  constexpr int64_t kMostUnits = int64_t{1} << 30;  // four gates of them are still a size
  if (options_.units < 1) return InvalidArgument("units must be at least 1, received ", options_.units);
  if (options_.units > kMostUnits) {
    return InvalidArgument("units must be at most ", kMostUnits, ", received ", options_.units);
  }
  WEFT_RETURN_IF_ERROR(CheckRate("dropout", options_.dropout));
  WEFT_RETURN_IF_ERROR(CheckRate("recurrent_dropout", options_.recurrent_dropout));
  WEFT_RETURN_IF_ERROR(CheckInputs(inputs));
  const Shape& x = inputs[0].shape;
  weights.Add("kernel", {x[2], gates() * units()}, options_.kernel_initializer);
  weights.Add("recurrent_kernel", {units(), gates() * units()}, options_.recurrent_initializer);
  if (options_.use_bias) AddBias(weights);
  if (!options_.stateful) return absl::OkStatus();
  for (int i = 0; i < num_states(); ++i) {
    weights.Add(StateName(i), {x[0], units()}, "zeros", {.trainable = false, .kind = kStateKind});
  }
  return absl::OkStatus();
}

void RecurrentLayer::AddBias(WeightBuilder& weights) const {
  weights.Add("bias", {gates() * units()}, options_.bias_initializer);
}

Value RecurrentLayer::InputBias(CallContext& context) const { return context.Weight("bias"); }

std::vector<Value> RecurrentLayer::DropoutMasks(CallContext& context, double rate, const TensorType& type,
                                                int count) const {
  std::vector<Value> masks;
  if (!context.training() || rate == 0) return masks;
  const Value key = options_.seed.has_value()
                        ? Constant(context.builder(), Tensor::ScalarInt(DType::kInt64, *options_.seed))
                        : context.random_key();
  for (int i = 0; i < count; ++i) {
    const Value uniform = RandomUniform(key, context.random_step(), type);
    masks.push_back(Cast(GreaterEqual(uniform, rate), type.dtype) * (1 / (1 - rate)));
  }
  return masks;
}

Value RecurrentLayer::ProjectInputs(CallContext& context, Value x) const {
  const Dim batch = x.shape()[0], time = x.shape()[1], features = x.shape()[2];
  const Value kernel = context.Weight("kernel");
  const Value steps = Transpose(x, {1, 0, 2});
  auto rows = [&](Value v) { return Reshape(v, {time * batch, features}); };
  const std::vector<Value> masks = DropoutMasks(context, options_.dropout, {x.dtype(), {batch, features}},
                                                options_.recurrent_dropout > 0 ? gates() : 1);
  Value z;
  if (masks.size() <= 1) {
    z = MatMul(rows(masks.empty() ? steps : steps * masks[0]), kernel);
  } else {
    std::vector<Value> parts;
    for (int gate = 0; gate < gates(); ++gate) {
      parts.push_back(MatMul(rows(steps * masks[static_cast<size_t>(gate)]),
                             Columns(kernel, gate * units(), (gate + 1) * units())));
    }
    z = Concat(parts, 1);
  }
  if (options_.use_bias) z = z + InputBias(context);
  return Reshape(z, {time, batch, gates() * units()});
}

std::vector<Value> RecurrentLayer::InitialStates(CallContext& context, absl::Span<const Value> inputs) const {
  if (inputs.size() > 1) return {inputs.begin() + 1, inputs.end()};
  std::vector<Value> states;
  for (int i = 0; i < num_states(); ++i) {
    states.push_back(options_.stateful
                         ? context.Weight(StateName(i))
                         : Full(context.builder(), {inputs[0].dtype(), {inputs[0].shape()[0], units()}}, 0));
  }
  return states;
}

Value RecurrentLayer::TimeMajorMask(CallContext& context, Value x) const {
  const Value mask = context.mask();
  if (!mask.ok()) return mask;
  const TensorType expected{DType::kBool, {x.shape()[0], x.shape()[1]}};
  if (mask.type() != expected) {
    return context.builder().Error(InvalidArgument("layer ", context.builder().layer_path(), ": expected a mask ",
                                                   expected.ToString(), " for an input ", x.type().ToString(),
                                                   ", received ", mask.type().ToString()));
  }
  return ExpandDims(Transpose(mask, {1, 0}), 2);
}

std::vector<Value> RecurrentLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  const size_t num_outputs = options_.return_state ? static_cast<size_t>(1 + num_states()) : 1;
  const Value x = inputs[0];
  if (!x.ok()) return std::vector<Value>(num_outputs, x);
  GraphBuilder& builder = context.builder();
  const size_t n = static_cast<size_t>(num_states());
  std::vector<Value> carries = InitialStates(context, inputs);
  std::vector<Value> stacked = {ProjectInputs(context, x)};
  const Value mask = TimeMajorMask(context, x);
  const bool masked = !mask.absent();
  if (masked) stacked.push_back(mask);
  const bool zero_output = masked && options_.zero_output_for_mask;
  // Where the states begin with zeros, the output to repeat is the first state; elsewhere it is carried beside it.
  const bool carry_output = masked && !zero_output && (options_.stateful || inputs.size() > 1);
  if (carry_output) carries.push_back(ZerosLike(carries[0]));

  const std::vector<Value> dropout =
      DropoutMasks(context, options_.recurrent_dropout, {x.dtype(), {x.shape()[0], units()}}, gates());
  const StepFn cell = Cell(context, dropout);
  auto body = [&](GraphBuilder&, absl::Span<const Value> carried, absl::Span<const Value> slices) {
    ScanStep step;
    step.carries = cell(carried.first(n), slices[0]);
    Value output = step.carries[0];
    if (masked) {
      const Value counts = slices[1];
      if (zero_output) output = Select(counts, output, 0.0);
      if (carry_output) output = Select(counts, output, carried[n]);
      for (size_t i = 0; i < n; ++i) step.carries[i] = Select(counts, step.carries[i], carried[i]);
      if (carry_output) step.carries.push_back(output);
      if (!zero_output && !carry_output) output = step.carries[0];
    }
    if (options_.return_sequences) step.outputs = {output};
    return step;
  };
  const ScanResult result = Scan(builder, carries, stacked, body, {.reverse = options_.go_backwards});
  if (!builder.status().ok()) return std::vector<Value>(num_outputs, builder.Error(builder.status()));

  std::vector<Value> outputs(1);
  if (options_.return_sequences) {
    outputs[0] = Transpose(result.outputs[0], {1, 0, 2});
    if (options_.go_backwards) outputs[0] = Reverse(outputs[0], {1});  // in the order of processing, as Keras
  } else if (zero_output) {
    const Dim last = options_.go_backwards ? Dim(0) : x.shape()[1] - 1;
    outputs[0] = Select(SliceAxis(context.mask(), 1, last, last + 1), result.carries[0], 0.0);
  } else {
    outputs[0] = result.carries[carry_output ? n : 0];
  }
  for (size_t i = 0; i < n; ++i) {
    if (options_.return_state) outputs.push_back(result.carries[i]);
    if (options_.stateful) context.UpdateState(StateName(static_cast<int>(i)), result.carries[i]);
  }
  return outputs;
}

RecurrentProduct::RecurrentProduct(Value kernel, absl::Span<const Value> masks) : masks_(masks.begin(), masks.end()) {
  if (masks.size() <= 1) {
    kernels_ = {kernel};
  } else {
    kernels_ = Split(kernel, static_cast<int>(masks.size()), 1);
  }
}

Value RecurrentProduct::operator()(Value h) const {
  if (masks_.empty()) return MatMul(h, kernels_[0]);
  std::vector<Value> parts;
  for (size_t i = 0; i < masks_.size(); ++i) parts.push_back(MatMul(h * masks_[i], kernels_[i]));
  return parts.size() == 1 ? parts[0] : Concat(parts, 1);
}

}  // namespace weft
