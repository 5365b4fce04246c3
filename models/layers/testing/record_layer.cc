#include "models/layers/testing/record_layer.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "core/cpu.h"
#include "core/status.h"
#include "core/thread_pool.h"
#include "graph/exec/program.h"
#include "graph/passes/pipeline.h"
#include "ops/all_ops.h"

namespace weft {
namespace {

class Declarations final : public WeightBuilder {
 public:
  Declarations(GraphBuilder& builder, std::string prefix, std::vector<RecordedWeight>& weights)
      : builder_(builder), prefix_(std::move(prefix)), weights_(weights) {}
  using WeightBuilder::Add;
  void Add(absl::string_view name, const Shape& shape, const InitializerRef& initializer, Options options) override {
    const Value value = builder_.Input(absl::StrCat(prefix_, name), {DType::kFloat32, shape});
    weights_.push_back({std::string(name), value, options.trainable, options.kind, initializer});
  }
  const OpRegistry& registry() const override { return AllOps(); }

 private:
  GraphBuilder& builder_;
  const std::string prefix_;
  std::vector<RecordedWeight>& weights_;
};

class Context final : public CallContext {
 public:
  Context(GraphBuilder& builder, const RecordLayerOptions& options, RecordedLayer& recorded)
      : CallContext(options.masks), builder_(builder), options_(options), recorded_(recorded) {}
  GraphBuilder& builder() override { return builder_; }
  bool training() const override { return options_.training; }
  Value Weight(absl::string_view name) override {
    for (const RecordedWeight& weight : recorded_.weights) {
      if (weight.name == name) return weight.value;
    }
    return builder_.Error(InvalidArgument("the layer declared no weight '", name, "'"));
  }
  void Update(absl::string_view name, Value value) override {
    if (options_.training) UpdateState(name, value);
  }
  void UpdateState(absl::string_view name, Value value) override {
    recorded_.updates.emplace_back(std::string(name), value);
  }
  Value random_key() override { return options_.random_key.absent() ? One() : options_.random_key; }
  Value random_step() override { return options_.random_step.absent() ? One() : options_.random_step; }
  void AddLoss(Value scalar) override { recorded_.losses.push_back(scalar); }
  Value Activate(const ActivationRef& activation, Value x) override {
    const Composition* composition = AllOps().FindComposition(activation.name);
    if (composition == nullptr) return builder_.Error(Unimplemented("no activation '", activation.name, "'"));
    AttrMap args = activation.args;
    for (const AttrSpec& spec : composition->args) {
      if (args.Find(spec.name) == nullptr) args = args.With(spec.name, *spec.default_value);
    }
    return composition->record(x, args);
  }

 private:
  Value One() { return builder_.Constant(Tensor::ScalarInt(DType::kInt64, 1)); }
  GraphBuilder& builder_;
  const RecordLayerOptions& options_;
  RecordedLayer& recorded_;
};

absl::StatusOr<std::shared_ptr<const Module>> OptimizedModule(const GraphPtr& graph, const Target& target) {
  auto module = std::make_shared<Module>(AllOps());
  WEFT_RETURN_IF_ERROR(module->AddFunction("f", graph));
  WEFT_ASSIGN_OR_RETURN(PassResult optimized, Optimize(module, target));
  return optimized.module;
}

}  // namespace

absl::StatusOr<RecordedLayer> RecordLayer(GraphBuilder& builder, Layer& layer, absl::Span<const Value> inputs,
                                          const RecordLayerOptions& options) {
  RecordedLayer recorded;
  std::vector<TensorType> types;
  for (const Value& input : inputs) types.push_back(input.type());
  Declarations declarations(builder, options.weight_prefix, recorded.weights);
  WEFT_RETURN_IF_ERROR(layer.Build(declarations, types));
  Context context(builder, options, recorded);
  recorded.outputs = layer.Call(context, inputs);
  WEFT_RETURN_IF_ERROR(builder.status());
  for (size_t i = 0; i < recorded.outputs.size(); ++i) {
    recorded.masks.push_back(context.OutputMask(layer, static_cast<int>(i)));
  }
  return recorded;
}

absl::StatusOr<std::vector<Tensor>> RunOptimized(const GraphPtr& graph, absl::Span<const Tensor> inputs,
                                                 const Target& target, int threads) {
  WEFT_ASSIGN_OR_RETURN(auto module, OptimizedModule(graph, target));
  WEFT_ASSIGN_OR_RETURN(auto program, Program::Compile(module, "f", {.target = target}));
  WEFT_ASSIGN_OR_RETURN(auto state, State::Create(module));
  const std::vector<TensorView> views(inputs.begin(), inputs.end());
  std::unique_ptr<ThreadPool> pool;
  if (threads > 0) pool = std::make_unique<ThreadPool>(threads);
  RunOptions run;
  run.pool = pool.get();
  return program->Run(*state, views, run);
}

absl::StatusOr<std::vector<std::string>> OptimizedKernels(const GraphPtr& graph, const SymbolBindings& bindings) {
  const Target target = Target::Host(1);
  WEFT_ASSIGN_OR_RETURN(auto module, OptimizedModule(graph, target));
  WEFT_ASSIGN_OR_RETURN(auto program, Program::Compile(module, "f", {.target = target}));
  WEFT_ASSIGN_OR_RETURN(ProgramStats stats, program->Stats(bindings));
  return stats.kernels;
}

std::vector<Target> EveryTarget() {
  std::vector<Target> targets;
  for (Isa isa : HostIsas()) {
    for (int shares : {1, 2, 3, 8}) {
      Target target;
      target.isa = isa;
      target.threads = shares;
      target.force_shares = shares > 1;
      targets.push_back(target);
    }
  }
  return targets;
}

}  // namespace weft
