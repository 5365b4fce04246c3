#include "graph/exec/program.h"

#include <immintrin.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "core/simd/denormals.h"
#include "core/status.h"
#include "graph/exec/bind_symbols.h"
#include "graph/exec/execute.h"
#include "graph/exec/lower.h"
#include "graph/exec/prepare.h"
#include "graph/exec/snapshot.h"
#include "graph/exec/specialization.h"
#include "graph/exec/stats.h"

namespace weft {
namespace {

// Flush-to-zero for a run. Afterwards the caller's MXCSR is bit for bit what it was, exception flags included.
class ScopedRunMode {
 public:
  ScopedRunMode() : saved_(_mm_getcsr()) {}
  ~ScopedRunMode() { _mm_setcsr(saved_); }

 private:
  const unsigned saved_;
  simd::ScopedFlushToZero flush_;
};

template <typename View>
std::string ViewText(const View& view) {
  return absl::StrCat(Name(view.dtype), DimsToString(view.dims));
}

bool SameVariables(const Module& a, const Module& b) {
  if (&a == &b) return true;
  auto same = [](const VariableDecl& x, const VariableDecl& y) { return x.name == y.name && x.type == y.type; };
  return a.variables().size() == b.variables().size() &&
         std::equal(a.variables().begin(), a.variables().end(), b.variables().begin(), same);
}

void AddSymbols(const Shape& shape, absl::flat_hash_set<std::string>& symbols) {
  for (const Dim& dim : shape) {
    if (dim.is_constant()) continue;
    for (std::string& symbol : dim.Symbols()) symbols.insert(std::move(symbol));
  }
}

// " (the largest is f32[64,26,26,32], conv2d at conv2d (model.cc:12))": what to make smaller where memory runs out.
std::string LargestValue(const Graph& graph, const Code& code) {
  std::vector<Dims> dims;
  for (const ConcreteType& input : code.inputs) dims.push_back(input.dims);
  const absl::StatusOr<SymbolBindings> bindings = BindSymbols(graph, dims);
  if (!bindings.ok()) return "";
  std::string text;
  int64_t largest = 0;
  for (const Node& node : graph.nodes()) {
    for (int i = 0; i < node.num_outputs; ++i) {
      const absl::StatusOr<ConcreteType> type = Bind(graph.type(node.first_output + i), *bindings);
      if (!type.ok() || NumElements(type->dims) * SizeOf(type->dtype) <= largest) continue;
      largest = NumElements(type->dims) * SizeOf(type->dtype);
      text = absl::StrCat(" (the largest is ", Name(type->dtype), DimsToString(type->dims), ", ", node.op->name,
                          node.origin == nullptr ? "" : absl::StrCat(" at ", node.origin->ToString()), ")");
    }
  }
  return text;
}

}  // namespace

struct Program::Impl {
  std::shared_ptr<const Module> module;
  std::string function;
  GraphPtr graph;
  CompileOptions options;
  absl::flat_hash_map<std::string, int> variable_index;
  absl::flat_hash_set<std::string> symbols;
  std::unique_ptr<SpecializationCache> cache;

  void FindSymbols() {
    for (ValueId value = 0; value < graph->num_values(); ++value) AddSymbols(graph->type(value).shape, symbols);
    for (const Node& node : graph->nodes()) {
      for (const AttrMap::Entry& entry : node.attrs->entries()) {
        if (const Shape* shape = std::get_if<Shape>(&entry.second)) AddSymbols(*shape, symbols);
      }
    }
  }

  absl::Status Fail(const absl::Status& status) const { return Annotate(status, function); }

  absl::StatusOr<SpecializationPtr> CompileFor(const SymbolBindings& bindings) const {
    const auto begin = std::chrono::steady_clock::now();
    ScopedRunMode mode;
    PrepareRequest request{*module, variable_index, bindings, options.target, options.reuse_memory};
    absl::StatusOr<std::unique_ptr<Prepared>> prepared = Prepare(*graph, request);
    if (!prepared.ok()) return Fail(prepared.status());
    absl::StatusOr<std::unique_ptr<Code>> code = Lower(**prepared, options.poison_dead_memory);
    if (!code.ok()) return Fail(code.status());
    auto specialization = std::make_shared<Specialization>(*std::move(code));
    specialization->compile_ms =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
    return specialization;
  }

  // For bindings that a caller gives: only the function's symbols count, and all of them are needed.
  absl::StatusOr<SpecializationPtr> Get(const SymbolBindings& given, bool may_compile) const {
    SymbolBindings bindings;
    for (const std::string& symbol : symbols) {
      auto it = given.find(symbol);
      if (it == given.end()) {
        return Fail(InvalidArgument("no value for dim ", symbol, "; given: ", BindingsToString(given)));
      }
      if (it->second < 0) return Fail(InvalidArgument("dim ", symbol, " is ", it->second, ", expected at least 0"));
      bindings.insert(*it);
    }
    absl::StatusOr<SpecializationPtr> found = cache->Get(bindings, may_compile);
    if (found.status().code() == absl::StatusCode::kFailedPrecondition) return Fail(found.status());
    return found;
  }

  absl::StatusOr<SpecializationPtr> ForInputs(absl::Span<const TensorView> inputs) const {
    if (inputs.size() != graph->inputs().size()) return Fail(WrongNumberOfInputs(inputs.size()));
    for (size_t k = 0; k < inputs.size(); ++k) {
      const TensorType& type = graph->type(graph->inputs()[k]);
      if (inputs[k].dtype != type.dtype) {
        return Fail(InvalidArgument("input '", graph->input_name(static_cast<int>(k)), "': expected ", type.ToString(),
                                    ", received ", ViewText(inputs[k])));
      }
    }
    SpecializationPtr found = cache->Find([&](const Specialization& specialization) {
      for (size_t k = 0; k < inputs.size(); ++k) {
        if (specialization.code->inputs[k].dims != inputs[k].dims) return false;
      }
      return true;
    });
    if (found == nullptr) {
      std::vector<Dims> dims;
      for (const TensorView& input : inputs) dims.push_back(input.dims);
      absl::StatusOr<SymbolBindings> bindings = BindSymbols(*graph, dims);
      if (!bindings.ok()) return Fail(bindings.status());
      WEFT_ASSIGN_OR_RETURN(found, Get(*bindings, options.allow_specialize));
    }
    for (size_t k = 0; k < inputs.size(); ++k) {
      if (inputs[k].data == nullptr && NumElements(inputs[k].dims) > 0) {
        return Fail(InvalidArgument("input '", graph->input_name(static_cast<int>(k)), "': no data was given for ",
                                    ViewText(inputs[k])));
      }
    }
    return found;
  }

  absl::Status WrongNumberOfInputs(size_t received) const {
    std::string expected;
    for (size_t k = 0; k < graph->inputs().size(); ++k) {
      absl::StrAppend(&expected, k == 0 ? "" : ", ", graph->input_name(static_cast<int>(k)), ": ",
                      graph->type(graph->inputs()[k]).ToString());
    }
    return InvalidArgument("expected ", graph->inputs().size(), " inputs (", expected, "), received ", received);
  }

  absl::Status CheckOutputs(const Code& code, absl::Span<const MutableTensorView> outputs) const {
    if (outputs.size() != code.outputs.size()) {
      return Fail(InvalidArgument("expected ", code.outputs.size(), " outputs, received ", outputs.size()));
    }
    for (size_t k = 0; k < outputs.size(); ++k) {
      const ConcreteType& type = code.outputs[k];
      const bool no_data = outputs[k].data == nullptr && NumElements(type.dims) > 0;
      if (outputs[k].dtype == type.dtype && outputs[k].dims == type.dims && !no_data) continue;
      return Fail(InvalidArgument("output '", graph->outputs()[k].name, "': expected ", Name(type.dtype),
                                  DimsToString(type.dims), ", received ", ViewText(outputs[k]),
                                  no_data ? " without memory" : ""));
    }
    return absl::OkStatus();
  }

  absl::Status CheckModule(const Module& other) const {
    if (SameVariables(*module, other)) return absl::OkStatus();
    return Fail(InvalidArgument("the state is of another module: it has ", other.variables().size(),
                                " variables, this program's module ", module->variables().size(),
                                ", or other types and layouts (make the state from the optimized module)"));
  }

  absl::Status RunOn(absl::Span<void* const> variables, const Specialization& specialization,
                     absl::Span<const TensorView> inputs, absl::Span<const MutableTensorView> outputs,
                     const RunOptions& run) const {
    const Code& code = *specialization.code;
    WEFT_RETURN_IF_ERROR(CheckOutputs(code, outputs));
    absl::StatusOr<Context*> taken = specialization.contexts.Take();
    if (!taken.ok()) {
      return Fail(Annotate(taken.status(), absl::StrCat("intermediate values", LargestValue(*graph, code))));
    }
    Context* const context = *taken;
    context->BindVariables(code, variables);
    absl::Status status;
    {
      ScopedRunMode mode;
      Begin(code, *context, inputs, outputs);
      status = Execute(code, *context, {run.pool, run.cancel, run.deadline_unix_ns});
      if (status.ok()) Finish(code, *context, outputs);
    }
    specialization.contexts.Give(context);
    return status.ok() ? status : Fail(status);
  }
};

Program::Program(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Program::~Program() = default;

absl::StatusOr<std::shared_ptr<const Program>> Program::Compile(std::shared_ptr<const Module> module,
                                                                absl::string_view function, CompileOptions options) {
  auto impl = std::make_unique<Impl>();
  impl->graph = module->FindFunction(function);
  if (impl->graph == nullptr) {
    std::string names;
    for (const auto& [name, graph] : module->functions()) absl::StrAppend(&names, names.empty() ? "" : ", ", name);
    return InvalidArgument("the module has no function '", function, "'; it has: ", names.empty() ? "none" : names);
  }
  impl->function = std::string(function);
  for (const VariableDecl& variable : module->variables()) {
    impl->variable_index.emplace(variable.name, impl->variable_index.size());
  }
  impl->module = std::move(module);
  impl->options = std::move(options);
  impl->FindSymbols();
  const int capacity =
      std::max<int>(impl->options.max_specializations, static_cast<int>(impl->options.bindings.size()));
  impl->cache = std::make_unique<SpecializationCache>(
      [raw = impl.get()](const SymbolBindings& bindings) { return raw->CompileFor(bindings); }, capacity);
  if (impl->symbols.empty()) impl->options.bindings.assign(1, SymbolBindings());
  for (const SymbolBindings& bindings : impl->options.bindings) {
    WEFT_RETURN_IF_ERROR(impl->Get(bindings, true).status());
  }
  return std::shared_ptr<const Program>(new Program(std::move(impl)));
}

absl::Status Program::Run(State& state, absl::Span<const TensorView> inputs,
                          absl::Span<const MutableTensorView> outputs, const RunOptions& options) const {
  WEFT_RETURN_IF_ERROR(impl_->CheckModule(state.module()));
  WEFT_ASSIGN_OR_RETURN(SpecializationPtr specialization, impl_->ForInputs(inputs));
  return impl_->RunOn(state.storage(), *specialization, inputs, outputs, options);
}

absl::Status Program::Run(const Snapshot& snapshot, absl::Span<const TensorView> inputs,
                          absl::Span<const MutableTensorView> outputs, const RunOptions& options) const {
  if (!impl_->graph->updates().empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        impl_->function, ": the function updates variables, a snapshot can't be changed; run it on a State"));
  }
  WEFT_RETURN_IF_ERROR(impl_->CheckModule(snapshot.module()));
  WEFT_ASSIGN_OR_RETURN(SpecializationPtr specialization, impl_->ForInputs(inputs));
  for (int variable : specialization->code->variables) {
    if (snapshot.storage()[variable] == nullptr) {
      return impl_->Fail(absl::FailedPreconditionError(
          absl::StrCat("variable '", impl_->module->variables()[variable].name,
                       "' is not in the snapshot: no function without updates of the state's module reads it")));
    }
  }
  return impl_->RunOn(snapshot.storage(), *specialization, inputs, outputs, options);
}

absl::StatusOr<std::vector<Tensor>> Program::Run(State& state, absl::Span<const TensorView> inputs,
                                                 const RunOptions& options) const {
  WEFT_RETURN_IF_ERROR(impl_->CheckModule(state.module()));
  WEFT_ASSIGN_OR_RETURN(SpecializationPtr specialization, impl_->ForInputs(inputs));
  std::vector<Tensor> outputs;
  std::vector<MutableTensorView> views;
  for (const ConcreteType& type : specialization->code->outputs) {
    absl::StatusOr<Tensor> tensor = Tensor::CreateUninitialized(type.dtype, type.dims);
    if (!tensor.ok()) {
      return impl_->Fail(Annotate(tensor.status(), absl::StrCat("output ", impl_->graph->outputs()[outputs.size()].name,
                                                                " ", Name(type.dtype), DimsToString(type.dims))));
    }
    outputs.push_back(*std::move(tensor));
    views.push_back(outputs.back());
  }
  WEFT_RETURN_IF_ERROR(impl_->RunOn(state.storage(), *specialization, inputs, views, options));
  return outputs;
}

const Module& Program::module() const { return *impl_->module; }
const Graph& Program::graph() const { return *impl_->graph; }
const std::string& Program::function() const { return impl_->function; }

absl::StatusOr<std::vector<ConcreteType>> Program::OutputTypes(const SymbolBindings& bindings) const {
  std::vector<ConcreteType> types;
  for (const Graph::Output& output : impl_->graph->outputs()) {
    absl::StatusOr<ConcreteType> type = Bind(impl_->graph->type(output.value), bindings);
    if (!type.ok()) return impl_->Fail(Annotate(type.status(), absl::StrCat("output '", output.name, "'")));
    types.push_back(*std::move(type));
  }
  return types;
}

absl::StatusOr<int64_t> Program::PeakBytes(const SymbolBindings& bindings) const {
  WEFT_ASSIGN_OR_RETURN(SpecializationPtr found, impl_->Get(bindings, impl_->options.allow_specialize));
  return found->code->arena_bytes;
}

absl::StatusOr<int64_t> Program::SmallestPeak(const SymbolBindings& bindings) const {
  WEFT_ASSIGN_OR_RETURN(SpecializationPtr found, impl_->Get(bindings, impl_->options.allow_specialize));
  return found->code->lower_bound_bytes;
}

absl::StatusOr<ProgramStats> Program::Stats(const SymbolBindings& bindings) const {
  WEFT_ASSIGN_OR_RETURN(SpecializationPtr found, impl_->Get(bindings, impl_->options.allow_specialize));
  return MakeStats(*found->code, *impl_->module, bindings, found->compile_ms);
}

}  // namespace weft
