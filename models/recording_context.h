// What layers see while a model is recorded. Private to recording.
#ifndef WEFT_MODELS_RECORDING_CONTEXT_H_
#define WEFT_MODELS_RECORDING_CONTEXT_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "graph/ir/builder.h"
#include "graph/ir/module.h"
#include "models/recording.h"

namespace weft::recording_internal {

inline constexpr char kRngKeyVariable[] = "rng/key";
inline constexpr char kRngStepVariable[] = "rng/step";

// Declares variables in a module, each with what records its first value.
class VariableSet {
 public:
  // `key` and `step` are i64 scalars: what the initializers' random ops draw with.
  using InitialValue = std::function<Value(GraphBuilder& builder, Value key, Value step)>;

  explicit VariableSet(Module& module) : module_(module) {}
  absl::Status Add(VariableDecl declaration, std::string layer, InitialValue initial);
  // The same, `value` everywhere.
  absl::Status AddFilled(VariableDecl declaration, double value);
  // rng/key and rng/step, at the first call.
  absl::Status AddRng();
  bool has_rng() const { return has_rng_; }
  // The function init, over all variables so far.
  absl::StatusOr<GraphPtr> RecordInit() const;
  Module& module() { return module_; }

 private:
  struct Entry {
    std::string variable;
    std::string layer;
    InitialValue initial;
  };
  Module& module_;
  std::vector<Entry> entries_;
  bool has_rng_ = false;
};

// WeightBuilder of one layer.
class LayerWeights final : public WeightBuilder {
 public:
  LayerWeights(VariableSet& variables, const NamedLayer& layer, const ModelSpec& spec, std::vector<std::string>& names)
      : variables_(variables), layer_(layer), spec_(spec), names_(names) {}
  using WeightBuilder::Add;
  void Add(absl::string_view name, const Shape& shape, const InitializerRef& initializer, Options options) override;
  const OpRegistry& registry() const override { return *spec_.ops; }
  const absl::Status& status() const { return status_; }

 private:
  VariableSet& variables_;
  const NamedLayer& layer_;
  const ModelSpec& spec_;
  std::vector<std::string>& names_;
  absl::Status status_;
};

// CallContext of one layer in one function.
class LayerContext final : public CallContext {
 public:
  LayerContext(GraphBuilder& builder, VariableSet& variables, const NamedLayer& layer, bool training,
               std::vector<Value>& losses, Value mask)
      : CallContext({mask}),
        builder_(builder),
        variables_(variables),
        layer_(layer),
        training_(training),
        losses_(losses) {}
  GraphBuilder& builder() override { return builder_; }
  bool training() const override { return training_; }
  Value Weight(absl::string_view name) override;
  void Update(absl::string_view name, Value value) override;
  void UpdateState(absl::string_view name, Value value) override;
  Value random_key() override { return Rng(kRngKeyVariable); }
  Value random_step() override { return Rng(kRngStepVariable); }
  void AddLoss(Value scalar) override { losses_.push_back(scalar); }
  Value Activate(const ActivationRef& activation, Value x) override;

 private:
  Value Rng(const char* variable);
  GraphBuilder& builder_;
  VariableSet& variables_;
  const NamedLayer& layer_;
  const bool training_;
  std::vector<Value>& losses_;
};

}  // namespace weft::recording_internal

#endif  // WEFT_MODELS_RECORDING_CONTEXT_H_
