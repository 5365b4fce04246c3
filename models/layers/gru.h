// GRU: gated recurrent unit, with the gates z (update), r (reset), h (candidate) in this order.
//
//   z, r = recurrent_activation(x W + h U + b), each with its own columns
//   reset_after:  g = activation(x W_h + b_h + r (h U_h + b'_h))
//   else:         g = activation(x W_h + b_h + (r h) U_h)
//   h' = z h + (1 - z) g
//
// Cho et al., "Learning phrase representations using RNN encoder-decoder", arXiv:1406.1078, v1 (reset_after) and v3.
#ifndef WEFT_MODELS_LAYERS_GRU_H_
#define WEFT_MODELS_LAYERS_GRU_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/layers/recurrent.h"

namespace weft {

struct GRUOptions {
  int64_t units = 0;  // required: the size of the output and of the state
  ActivationRef activation = "tanh";
  ActivationRef recurrent_activation = "sigmoid";
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
  bool reset_after = true;                     // the reset gate is applied behind the product with h
  bool zero_output_for_mask = false;           // y of a masked step is zero, not that of the step before
  std::string name = "";
  bool trainable = true;
};

// [batch, time, features] -> [batch, units] (or see the options). Weights: kernel [features, 3 units], recurrent_kernel
// [units, 3 units], bias [3 units], or with reset_after [2, 3 units]: that of the input and that of the state.
class GRULayer final : public RecurrentLayer {
 public:
  explicit GRULayer(GRUOptions options = {});
  absl::string_view class_name() const override { return "GRU"; }

 protected:
  int gates() const override { return 3; }
  std::shared_ptr<RecurrentLayer> Clone() const override { return std::make_shared<GRULayer>(*this); }
  void VisitCell(ConfigVisitor& visitor) override;
  void AddBias(WeightBuilder& weights) const override;
  Value InputBias(CallContext& context) const override;
  StepFn Cell(CallContext& context, absl::Span<const Value> masks) const override;

 private:
  // Row `row` of the bias [2, 3 units].
  Value BiasRow(CallContext& context, int64_t row) const;
  StepFn ResetAfter(CallContext& context, absl::Span<const Value> masks) const;
  StepFn ResetBefore(CallContext& context, absl::Span<const Value> masks) const;

  ActivationRef recurrent_activation_;
  bool reset_after_;
};

inline GRULayer GRU(GRUOptions options) { return GRULayer(std::move(options)); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_GRU_H_
