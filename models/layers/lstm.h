// LSTM: long short-term memory, with the gates i (input), f (forget), c (candidate), o (output) in this order.
//
//   i, f, o = recurrent_activation(x W + h U + b), each with its own columns
//   c' = f c + i activation(x W_c + h U_c + b_c)
//   h' = o activation(c')
//
// Hochreiter and Schmidhuber, "Long short-term memory", Neural Computation 9 (1997). A forget bias of 1: Jozefowicz,
// Zaremba, Sutskever, "An empirical exploration of recurrent network architectures", ICML 2015.
#ifndef WEFT_MODELS_LAYERS_LSTM_H_
#define WEFT_MODELS_LAYERS_LSTM_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/layers/recurrent.h"

namespace weft {

struct LSTMOptions {
  int64_t units = 0;  // required: the size of the output and of the states h and c
  ActivationRef activation = "tanh";
  ActivationRef recurrent_activation = "sigmoid";
  bool use_bias = true;
  InitializerRef kernel_initializer = "glorot_uniform";
  InitializerRef recurrent_initializer = "orthogonal";
  InitializerRef bias_initializer = "zeros";
  bool unit_forget_bias = true;                // the bias of the forget gate begins with 1
  double dropout = 0;                          // of the input, in training; in [0, 1)
  double recurrent_dropout = 0;                // of the output that enters the next step, in training; in [0, 1)
  std::optional<int64_t> seed = std::nullopt;  // of the dropout; none: the model's
  bool return_sequences = false;               // y of all steps, [batch, time, units]; else of the last one
  bool return_state = false;                   // further outputs: the last states h and c
  bool go_backwards = false;                   // from the last step to the first; y in that order
  bool stateful = false;                       // a batch goes on from the state that the one before it left
  bool unroll = false;                         // accepted; the result is the same and so is the code
  bool zero_output_for_mask = false;           // y of a masked step is zero, not that of the step before
  std::string name = "";
  bool trainable = true;
};

// [batch, time, features] -> [batch, units] (or see the options). Weights: kernel [features, 4 units], recurrent_kernel
// [units, 4 units], bias [4 units].
class LSTMLayer final : public RecurrentLayer {
 public:
  explicit LSTMLayer(LSTMOptions options = {});
  absl::string_view class_name() const override { return "LSTM"; }
  int num_states() const override { return 2; }

 protected:
  int gates() const override { return 4; }
  std::shared_ptr<RecurrentLayer> Clone() const override { return std::make_shared<LSTMLayer>(*this); }
  void VisitCell(ConfigVisitor& visitor) override;
  void AddBias(WeightBuilder& weights) const override;
  StepFn Cell(CallContext& context, absl::Span<const Value> masks) const override;

 private:
  ActivationRef recurrent_activation_;
  bool unit_forget_bias_;
};

inline LSTMLayer LSTM(LSTMOptions options) { return LSTMLayer(std::move(options)); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_LSTM_H_
