// SimpleRNN: h' = activation(x kernel + bias + h recurrent_kernel).
//
// Elman, "Finding structure in time", Cognitive Science 14 (1990).
#ifndef WEFT_MODELS_LAYERS_SIMPLE_RNN_H_
#define WEFT_MODELS_LAYERS_SIMPLE_RNN_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/layers/recurrent.h"

namespace weft {

struct SimpleRNNOptions {
  int64_t units = 0;  // required: the size of the output and of the state
  ActivationRef activation = "tanh";
  bool use_bias = true;
  InitializerRef kernel_initializer = "glorot_uniform";
  InitializerRef recurrent_initializer = "orthogonal";
  InitializerRef bias_initializer = "zeros";
  double dropout = 0;                          // of the input, in training; in [0, 1)
  double recurrent_dropout = 0;                // of the output that enters the next step, in training; in [0, 1)
  std::optional<int64_t> seed = std::nullopt;  // of the dropout; none: the model's
  bool return_sequences = false;               // y of all steps, [batch, time, units]; else of the last one
  bool return_state = false;                   // further outputs: the last state
  bool go_backwards = false;                   // from the last step to the first; y in that order
  bool stateful = false;                       // a batch goes on from the state that the one before it left
  bool unroll = false;                         // accepted; the result is the same and so is the code
  bool zero_output_for_mask = false;           // y of a masked step is zero, not that of the step before
  std::string name = "";
  bool trainable = true;
};

// [batch, time, features] -> [batch, units] (or see the options). Weights: kernel [features, units], recurrent_kernel
// [units, units], bias [units].
class SimpleRNNLayer final : public RecurrentLayer {
 public:
  explicit SimpleRNNLayer(SimpleRNNOptions options = {}) : RecurrentLayer(SharedOptions(options)) {}
  absl::string_view class_name() const override { return "SimpleRNN"; }

 protected:
  int gates() const override { return 1; }
  std::shared_ptr<RecurrentLayer> Clone() const override { return std::make_shared<SimpleRNNLayer>(*this); }
  StepFn Cell(CallContext& context, absl::Span<const Value> masks) const override;
};

inline SimpleRNNLayer SimpleRNN(SimpleRNNOptions options) { return SimpleRNNLayer(std::move(options)); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_SIMPLE_RNN_H_
