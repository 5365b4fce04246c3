// A layer inside a layer (Bidirectional, TimeDistributed): where the inner one declares its weights and records.
#ifndef WEFT_MODELS_LAYERS_NESTED_H_
#define WEFT_MODELS_LAYERS_NESTED_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "models/layers/layer.h"

namespace weft {

// Weights become "<outer layer's path>/<name>/<weight>". They are trainable where both layers are.
class NestedWeights final : public WeightBuilder {
 public:
  // Both outlive this.
  NestedWeights(WeightBuilder& outer, const Layer& layer, std::string name)
      : outer_(outer), layer_(layer), name_(std::move(name)) {}
  using WeightBuilder::Add;
  void Add(absl::string_view name, const Shape& shape, const InitializerRef& initializer, Options options) override {
    names_.emplace_back(name);
    if (options.kind == kStatisticsKind) statistics_.emplace_back(name);
    options.trainable = options.trainable && layer_.trainable();
    outer_.Add(absl::StrCat(name_, "/", name), shape, initializer, std::move(options));
  }
  const OpRegistry& registry() const override { return outer_.registry(); }
  // All that were added, and those of kStatisticsKind.
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<std::string>& statistics() const { return statistics_; }

 private:
  WeightBuilder& outer_;
  const Layer& layer_;
  const std::string name_;
  std::vector<std::string> names_, statistics_;
};

// While it lives, nodes are recorded under the inner layer's name. `masks`: of the inner call's inputs.
class NestedContext final : public CallContext {
 public:
  // `layer`: the outer one.
  NestedContext(CallContext& outer, const Layer& layer, std::string name, std::vector<Value> masks = {})
      : CallContext(std::move(masks)),
        outer_(outer),
        frozen_(outer.frozen() || !layer.trainable()),
        name_(std::move(name)),
        scope_(outer.builder(), name_) {}
  GraphBuilder& builder() override { return outer_.builder(); }
  bool training() const override { return outer_.training(); }
  bool frozen() const override { return frozen_; }
  Value Weight(absl::string_view name) override { return outer_.Weight(absl::StrCat(name_, "/", name)); }
  void Update(absl::string_view name, Value value) override { outer_.Update(absl::StrCat(name_, "/", name), value); }
  void UpdateState(absl::string_view name, Value value) override {
    outer_.UpdateState(absl::StrCat(name_, "/", name), value);
  }
  Value random_key() override { return outer_.random_key(); }
  Value random_step() override { return outer_.random_step(); }
  void AddLoss(Value scalar) override { outer_.AddLoss(scalar); }
  Value Activate(const ActivationRef& activation, Value x) override { return outer_.Activate(activation, x); }

 private:
  CallContext& outer_;
  const bool frozen_;
  const std::string name_;
  GraphBuilder::Scope scope_;
};

// The layer that an option of a wrapper means.
inline absl::StatusOr<std::shared_ptr<Layer>> WrappedLayer(absl::string_view option, const LayerRef& ref) {
  if (ref.object() != nullptr) return ref.get();
  if (ref.is_none()) return InvalidArgument(option, ": no layer is given");
  return InvalidArgument(option, ": expected a layer as an object, LSTM({.units = 8}) say, received the name '",
                         ref.name(), "'");
}
// Its own, else that of its class: names in a wrapper are not numbered.
inline std::string WrappedLayerName(const Layer& layer) {
  return layer.name().empty() ? SnakeCase(layer.class_name()) : layer.name();
}

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_NESTED_H_
