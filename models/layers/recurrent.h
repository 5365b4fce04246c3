// RecurrentLayer: what SimpleRNN, LSTM and GRU have in common: everything but the cell.
//
// x [batch, time, features] is recorded as
//
//   xs = x kernel + bias                        one product over all steps, [time, batch, gates * units]
//   states = cell(states, xs[t])                one Scan over t, whatever the length: 28 or 5,000 steps compile alike
//   y = the last output, or all of them [batch, time, units] (return_sequences)
//
// The first state is the output. A masked step keeps the states and repeats the output of the step before (zeros before
// the first), as Keras does.
#ifndef WEFT_MODELS_LAYERS_RECURRENT_H_
#define WEFT_MODELS_LAYERS_RECURRENT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

// Options of every recurrent layer, under Keras' names.
struct RecurrentOptions {
  int64_t units = 0;
  ActivationRef activation = "tanh";
  bool use_bias = true;
  InitializerRef kernel_initializer = "glorot_uniform";
  InitializerRef recurrent_initializer = "orthogonal";
  InitializerRef bias_initializer = "zeros";
  double dropout = 0;
  double recurrent_dropout = 0;
  std::optional<int64_t> seed = std::nullopt;
  bool return_sequences = false;
  bool return_state = false;
  bool go_backwards = false;
  bool stateful = false;
  bool unroll = false;
  bool zero_output_for_mask = false;
  std::string name = "";
  bool trainable = true;
};

// Those among a layer's own options.
template <typename Options>
RecurrentOptions SharedOptions(const Options& o) {
  return {.units = o.units,
          .activation = o.activation,
          .use_bias = o.use_bias,
          .kernel_initializer = o.kernel_initializer,
          .recurrent_initializer = o.recurrent_initializer,
          .bias_initializer = o.bias_initializer,
          .dropout = o.dropout,
          .recurrent_dropout = o.recurrent_dropout,
          .seed = o.seed,
          .return_sequences = o.return_sequences,
          .return_state = o.return_state,
          .go_backwards = o.go_backwards,
          .stateful = o.stateful,
          .unroll = o.unroll,
          .zero_output_for_mask = o.zero_output_for_mask,
          .name = o.name,
          .trainable = o.trainable};
}

// Inputs: x, and optionally the initial states, each [batch, units]. Outputs: y, and with return_state the last states.
//
// Weights: kernel [features, gates * units], recurrent_kernel [units, gates * units], bias (where use_bias). With
// `stateful` also variables state_0 ... [batch, units] of kStateKind, from which each call goes on: the input must have
// a fixed batch.
//
// Dropout, in training: masks are drawn once per call and are the same for all steps; `dropout` drops elements of x,
// `recurrent_dropout` of the output that enters the next step. Both have one mask for all gates, but where there is
// recurrent_dropout LSTM and GRU have masks of their own for each gate, as Keras does.
class RecurrentLayer : public Layer {
 public:
  void VisitConfig(ConfigVisitor& visitor) final;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) final;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const final;
  bool passes_mask() const final { return options_.return_sequences; }

  const RecurrentOptions& options() const { return options_; }
  virtual int num_states() const { return 1; }
  // A layer of its own with the same options but for these.
  std::shared_ptr<RecurrentLayer> With(bool go_backwards, bool zero_output_for_mask) const;

 protected:
  using StepFn = std::function<std::vector<Value>(absl::Span<const Value> states, Value x)>;

  explicit RecurrentLayer(RecurrentOptions options);

  // ---- the cell
  virtual int gates() const = 0;
  virtual std::shared_ptr<RecurrentLayer> Clone() const = 0;
  // Its options beside RecurrentOptions.
  virtual void VisitCell(ConfigVisitor& visitor) { static_cast<void>(visitor); }
  // By default [gates * units].
  virtual void AddBias(WeightBuilder& weights) const;
  // What is added to the input product of all steps.
  virtual Value InputBias(CallContext& context) const;
  // Called outside the loop, with the masks of recurrent_dropout, none or one per gate. The result is called in the
  // loop's body: from the states and xs[t] the next states.
  virtual StepFn Cell(CallContext& context, absl::Span<const Value> masks) const = 0;

  int64_t units() const { return options_.units; }
  Value Activate(CallContext& context, Value x) const { return context.Activate(options_.activation, x); }

 private:
  absl::Status CheckInputs(absl::Span<const TensorType> inputs) const;
  std::vector<Value> DropoutMasks(CallContext& context, double rate, const TensorType& type, int count) const;
  // The input product of all steps, [time, batch, gates * units].
  Value ProjectInputs(CallContext& context, Value x) const;
  std::vector<Value> InitialStates(CallContext& context, absl::Span<const Value> inputs) const;
  // [time, batch, 1], or absent; an error Value for a mask that does not fit x.
  Value TimeMajorMask(CallContext& context, Value x) const;

  RecurrentOptions options_;
};

// h times a kernel [units, gates * units]: one product; with masks of recurrent dropout one of h * mask per gate.
class RecurrentProduct {
 public:
  // Outside the loop. `masks`: none, or one per gate of the kernel.
  RecurrentProduct(Value kernel, absl::Span<const Value> masks);
  Value operator()(Value h) const;

 private:
  std::vector<Value> kernels_, masks_;
};

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_RECURRENT_H_
