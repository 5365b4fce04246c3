// Layer: what the builder stacks. A layer is one file in this folder: options struct (Keras' names, order and
// defaults), class, and a line in all_layers.cc. A Layer object holds its options only; weights are declared by Build
// and live in the model's module, so a layer records the same way for predict, evaluate and train_step.
#ifndef WEFT_MODELS_LAYERS_LAYER_H_
#define WEFT_MODELS_LAYERS_LAYER_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "graph/ir/builder.h"
#include "models/config.h"
#include "models/initializers/initializer.h"

namespace weft {

// VariableDecl::kind of state that follows the data from batch to batch (stateful recurrence): see
// Sequential::ResetStates.
inline constexpr char kStateKind[] = "state";
// Of what a layer learns of the data beside gradients: moving averages.
inline constexpr char kStatisticsKind[] = "statistics";

// Where Build declares weights. Their order is Keras' order of layer.weights.
class WeightBuilder {
 public:
  virtual ~WeightBuilder() = default;
  struct Options {
    bool trainable = true;        // false: statistics and other state that training updates by itself
    std::string kind = "weight";  // VariableDecl::kind
    // If set: from what the initializer gives to the first value, of the same type.
    std::function<Value(Value)> finish = nullptr;
  };
  // The variable becomes "<layer path>/<name>". `shape` is static.
  virtual void Add(absl::string_view name, const Shape& shape, const InitializerRef& initializer, Options options) = 0;
  void Add(absl::string_view name, const Shape& shape, const InitializerRef& initializer) {
    Add(name, shape, initializer, Options());
  }
  virtual const OpRegistry& registry() const = 0;
};

class Layer;

// Where Call records.
//
// Masks: a sequence [batch, time, ...] may have a mask, bool [batch, time], that is true where a step counts (Embedding
// and Masking make them). A mask travels beside its value; a layer says what becomes of it by Layer::passes_mask() or
// SetMask().
class CallContext {
 public:
  // The masks of the call's inputs; an absent Value, or none at all, where an input has none.
  explicit CallContext(std::vector<Value> masks = {}) : masks_(std::move(masks)) {}
  virtual ~CallContext() = default;
  CallContext(const CallContext&) = delete;
  CallContext& operator=(const CallContext&) = delete;

  virtual GraphBuilder& builder() = 0;
  virtual bool training() const = 0;
  // Whether a layer around this one is not trainable: what holds for `trainable` then holds here too.
  virtual bool frozen() const { return false; }
  // A weight declared by this layer's Build.
  virtual Value Weight(absl::string_view name) = 0;
  // In training: the weight's (statistic's) new value when the step ends. In other functions it does nothing.
  virtual void Update(absl::string_view name, Value value) = 0;
  // The same in every function, predict and evaluate included: for state that follows the data (stateful recurrence).
  virtual void UpdateState(absl::string_view name, Value value) = 0;
  // For random ops: the model's key, and its counter, which each training step raises by one.
  virtual Value random_key() = 0;
  virtual Value random_step() = 0;
  // Adds a scalar to the loss (regularization).
  virtual void AddLoss(Value scalar) = 0;
  // Applies an activation by name (an error offers the nearest name).
  virtual Value Activate(const ActivationRef& activation, Value x) = 0;

  // Of an input; absent where it has none.
  Value mask(int input = 0) const {
    return input < static_cast<int>(masks_.size()) ? masks_[static_cast<size_t>(input)] : Value();
  }
  // The mask of an output, in place of what passes_mask() says; absent: it has none.
  void SetMask(Value mask, int output = 0) { output_masks_.emplace_back(output, mask); }
  // After `layer`.Call: the mask of an output; absent where it has none.
  inline Value OutputMask(const Layer& layer, int output = 0) const;

 private:
  std::vector<Value> masks_;
  std::vector<std::pair<int, Value>> output_masks_;
};

class Layer : public Configurable {
 public:
  // Called once, before the first Call, with the inputs' types (the batch dim is a symbol). InvalidArgument says what
  // was expected.
  virtual absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
    static_cast<void>(weights), static_cast<void>(inputs);
    return absl::OkStatus();
  }
  // Records the forward pass. Errors are left in the builder.
  virtual std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const = 0;
  // Whether output 0 has the mask of input 0 (Keras' supports_masking, where compute_mask is not overridden).
  virtual bool passes_mask() const { return false; }
  // The layers that this one calls, as the objects that it was given. A model uses an object once: weights belong to a
  // place in it, and one that stood in two places would have two sets of them.
  virtual std::vector<std::shared_ptr<Layer>> inner_layers() const { return {}; }

  // What the user gave; where that is "", the model numbers it ("dense", "dense_1", ... per model).
  const std::string& name() const { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }
  bool trainable() const { return trainable_; }
  void set_trainable(bool trainable) { trainable_ = trainable; }

 protected:
  // The options that all of Keras' layers have; call it first in VisitConfig.
  void VisitLayer(ConfigVisitor& visitor) {
    visitor.Field("name", name_);
    visitor.Field("trainable", trainable_);
    visitor.MustBe("dtype", "\"float32\"");
  }

  std::string name_;
  bool trainable_ = true;
};
using LayerRef = Ref<Layer>;

Value CallContext::OutputMask(const Layer& layer, int output) const {
  for (auto it = output_masks_.rbegin(); it != output_masks_.rend(); ++it) {
    if (it->first == output) return it->second;
  }
  return output == 0 && layer.passes_mask() ? mask(0) : Value();
}

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_LAYER_H_
