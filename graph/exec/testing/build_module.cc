#include "graph/exec/testing/build_module.h"

#include "core/simd/denormals.h"
#include "core/status.h"

namespace weft::test_ops {

Tensor Ramp(absl::Span<const int64_t> dims, float start, float step) {
  std::vector<float> values(NumElements(dims));
  for (size_t i = 0; i < values.size(); ++i) values[i] = start + step * static_cast<float>(i % 64);
  absl::StatusOr<Tensor> tensor = Tensor::FromVector<float>(values, dims);
  return tensor.ok() ? *std::move(tensor) : Tensor();
}

ModuleBuilder& ModuleBuilder::Variable(const std::string& name, absl::Span<const int64_t> dims) {
  absl::Status status = module_->AddVariable({name, F32(Shape::FromDims(dims)), true, "weight"});
  if (status_.ok()) status_ = status;
  return *this;
}

ModuleBuilder& ModuleBuilder::Function(const std::string& name, const std::function<void(GraphBuilder&)>& record) {
  GraphBuilder builder(TestOps(), module_.get());
  record(builder);
  absl::StatusOr<GraphPtr> graph = builder.Build();
  absl::Status status = graph.ok() ? module_->AddFunction(name, *graph) : graph.status();
  if (status_.ok()) status_ = status;
  return *this;
}

absl::StatusOr<std::shared_ptr<const Module>> ModuleBuilder::Build() {
  if (!status_.ok()) return status_;
  return std::shared_ptr<const Module>(module_);
}

namespace {

absl::Status SetAll(State& state, const Variables& variables) {
  for (const auto& [name, value] : variables) WEFT_RETURN_IF_ERROR(state.Set(name, value));
  return absl::OkStatus();
}

absl::StatusOr<Variables> GetAll(const State& state) {
  Variables variables;
  for (const VariableDecl& decl : state.module().variables()) {
    WEFT_ASSIGN_OR_RETURN(Tensor value, state.Get(decl.name));
    variables.emplace(decl.name, std::move(value));
  }
  return variables;
}

std::vector<TensorView> Views(const std::vector<Tensor>& tensors) { return {tensors.begin(), tensors.end()}; }

}  // namespace

absl::StatusOr<Results> RunCompiled(const std::shared_ptr<const Module>& module, const std::string& function,
                                    const std::vector<Tensor>& inputs, const Variables& variables,
                                    const CompileOptions& compile, const RunOptions& run) {
  WEFT_ASSIGN_OR_RETURN(auto program, Program::Compile(module, function, compile));
  WEFT_ASSIGN_OR_RETURN(auto state, State::Create(module));
  WEFT_RETURN_IF_ERROR(SetAll(*state, variables));
  Results results;
  WEFT_ASSIGN_OR_RETURN(results.outputs, program->Run(*state, Views(inputs), run));
  WEFT_ASSIGN_OR_RETURN(results.variables, GetAll(*state));
  return results;
}

absl::StatusOr<Results> RunByReference(const Module& module, const std::string& function,
                                       const std::vector<Tensor>& inputs, const Variables& variables) {
  GraphPtr graph = module.FindFunction(function);
  if (graph == nullptr) return NotFound(function);
  Results results;
  results.variables = variables;
  simd::ScopedFlushToZero flush;  // as in a run
  WEFT_ASSIGN_OR_RETURN(ReferenceResult reference, RunReference(*graph, inputs, variables));
  results.outputs = std::move(reference.outputs);
  for (auto& [name, value] : reference.updates) results.variables[name] = std::move(value);
  return results;
}

std::string Difference(const Results& a, const Results& b) {
  if (a.outputs.size() != b.outputs.size()) return "another number of outputs";
  for (size_t k = 0; k < a.outputs.size(); ++k) {
    if (!BitEqual(a.outputs[k], b.outputs[k])) {
      return absl::StrCat("output ", k, ": ", a.outputs[k].ToString(), "\n     and ", b.outputs[k].ToString());
    }
  }
  for (const auto& [name, value] : a.variables) {
    auto it = b.variables.find(name);
    if (it == b.variables.end()) return absl::StrCat("no variable ", name);
    if (!BitEqual(value, it->second)) {
      return absl::StrCat("variable ", name, ": ", value.ToString(), "\n     and ", it->second.ToString());
    }
  }
  return "";
}

std::string CheckAgainstReference(const std::shared_ptr<const Module>& module, const std::string& function,
                                  const std::vector<Tensor>& inputs, const Variables& variables) {
  absl::StatusOr<Results> once = RunByReference(*module, function, inputs, variables);
  if (!once.ok()) return absl::StrCat("reference: ", once.status().ToString());
  absl::StatusOr<Results> twice = RunByReference(*module, function, inputs, once->variables);
  if (!twice.ok()) return absl::StrCat("reference: ", twice.status().ToString());
  for (int mode = 0; mode < 8; ++mode) {
    CompileOptions options;
    options.reuse_memory = (mode & 1) != 0;
    options.poison_dead_memory = (mode & 2) != 0;
    if ((mode & 4) != 0) {
      options.target.threads = 3;
      options.target.force_shares = true;
    }
    const std::string name =
        absl::StrCat("reuse ", mode & 1, ", poison ", (mode >> 1) & 1, ", shares ", mode >> 2, ": ");
    auto program = Program::Compile(module, function, options);
    if (!program.ok()) return absl::StrCat(name, program.status().ToString());
    auto state = State::Create(module);
    if (!state.ok() || !SetAll(**state, variables).ok()) return name + "no state";
    for (const Results& expected : {*once, *twice}) {  // the second run finds a used context
      auto outputs = (*program)->Run(**state, Views(inputs));
      if (!outputs.ok()) return absl::StrCat(name, outputs.status().ToString());
      auto after = GetAll(**state);
      if (!after.ok()) return absl::StrCat(name, after.status().ToString());
      std::string difference = Difference({*std::move(outputs), *std::move(after)}, expected);
      if (!difference.empty()) return absl::StrCat(name, difference);
    }
  }
  return "";
}

}  // namespace weft::test_ops
