#include "models/recording_context.h"

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "models/layer_options.h"
#include "ops/shape/shape.h"

namespace weft::recording_internal {

absl::Status VariableSet::Add(VariableDecl declaration, std::string layer, InitialValue initial) {
  entries_.push_back({declaration.name, std::move(layer), std::move(initial)});
  return module_.AddVariable(std::move(declaration));
}

absl::Status VariableSet::AddFilled(VariableDecl declaration, double value) {
  const TensorType type = declaration.type;
  return Add(std::move(declaration), "",
             [type, value](GraphBuilder& builder, Value, Value) { return Full(builder, type, value); });
}

absl::Status VariableSet::AddRng() {
  if (has_rng_) return absl::OkStatus();
  has_rng_ = true;
  WEFT_RETURN_IF_ERROR(Add({kRngKeyVariable, {DType::kInt64, {}}, false, "rng"}, "",
                           [](GraphBuilder&, Value key, Value) { return key; }));
  return AddFilled({kRngStepVariable, {DType::kInt64, {}}, false, "rng"}, 1);
}

absl::StatusOr<GraphPtr> VariableSet::RecordInit() const {
  GraphBuilder builder(module_.registry(), &module_);
  const Value key = builder.Input("seed", {DType::kInt64, {}});
  const Value step = Full(builder, {DType::kInt64, {}}, 0);
  for (const Entry& entry : entries_) {
    GraphBuilder::Scope scope(builder, entry.layer);
    builder.Update(entry.variable, entry.initial(builder, key, step));
    if (!builder.status().ok()) return Annotate(builder.status(), absl::StrCat("first value of ", entry.variable));
  }
  return builder.Build();
}

void LayerWeights::Add(absl::string_view name, const Shape& shape, const InitializerRef& initializer, Options options) {
  if (!status_.ok()) return;
  const std::string variable = absl::StrCat(layer_.name, "/", name);
  absl::StatusOr<std::shared_ptr<Initializer>> resolved = spec_.registry->Resolve("initializer", initializer);
  if (!resolved.ok()) {
    status_ = Annotate(resolved.status(), absl::StrCat("initializer of '", name, "'"));
    return;
  }
  const TensorType type{DType::kFloat32, shape};
  const bool is_state = options.kind == kStateKind;  // no weight: it follows the data
  status_ = variables_.Add({variable, type, options.trainable && layer_.layer->trainable(), options.kind}, layer_.name,
                           [initializer = *resolved, type, finish = std::move(options.finish)](GraphBuilder& builder,
                                                                                               Value key, Value step) {
                             const Value value = initializer->Record(builder, key, step, type);
                             return finish == nullptr ? value : finish(value);
                           });
  if (status_.ok() && !is_state) names_.push_back(variable);
}

Value LayerContext::Weight(absl::string_view name) { return builder_.Variable(absl::StrCat(layer_.name, "/", name)); }

void LayerContext::Update(absl::string_view name, Value value) {
  if (training_) UpdateState(name, value);
}

void LayerContext::UpdateState(absl::string_view name, Value value) {
  builder_.Update(absl::StrCat(layer_.name, "/", name), value);
}

Value LayerContext::Rng(const char* variable) {
  absl::Status status = variables_.AddRng();
  if (!status.ok()) return builder_.Error(status);
  return builder_.Variable(variable);
}

Value LayerContext::Activate(const ActivationRef& activation, Value x) {
  absl::StatusOr<ResolvedActivation> resolved = ResolveActivation(builder_.registry(), activation);
  if (!resolved.ok()) {
    return builder_.Error(Annotate(resolved.status(), absl::StrCat("layer ", builder_.layer_path())));
  }
  return resolved->composition == nullptr ? x : resolved->composition->record(x, resolved->args);
}

}  // namespace weft::recording_internal
