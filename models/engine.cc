#include "models/engine.h"

#include <chrono>

#include "core/status.h"
#include "graph/passes/pipeline.h"

namespace weft {
namespace {

using Clock = std::chrono::steady_clock;

double MillisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Engine>> Engine::Create(std::shared_ptr<const Module> recorded, const Target& target,
                                                       ThreadPool* pool) {
  const Clock::time_point start = Clock::now();
  std::unique_ptr<Engine> engine(new Engine);
  engine->recorded_ = std::move(recorded);
  engine->pool_ = pool;
  WEFT_ASSIGN_OR_RETURN(PassResult optimized, Optimize(engine->recorded_, target));
  engine->receipts_ = std::move(optimized.receipts);
  WEFT_ASSIGN_OR_RETURN(engine->state_, State::Create(optimized.module));
  for (const auto& [name, graph] : optimized.module->functions()) {
    CompileOptions options;
    options.target = target;
    WEFT_ASSIGN_OR_RETURN(engine->programs_[name], Program::Compile(optimized.module, name, std::move(options)));
  }
  engine->compile_ms_ = MillisecondsSince(start);
  return engine;
}

absl::Status Engine::Init(uint64_t seed) {
  const Tensor value = Tensor::ScalarInt(DType::kInt64, static_cast<int64_t>(seed));
  return Run(kInitFunction, {TensorView(value)}, {});
}

absl::Status Engine::CopyFrom(const Engine& other, const absl::flat_hash_set<std::string>& skip_kinds) {
  for (const VariableDecl& variable : recorded_->variables()) {
    const VariableDecl* theirs = other.recorded_->FindVariable(variable.name);
    if (theirs == nullptr || theirs->type != variable.type || skip_kinds.contains(variable.kind)) continue;
    WEFT_ASSIGN_OR_RETURN(Tensor value, other.state_->Get(variable.name));
    WEFT_RETURN_IF_ERROR(state_->Set(variable.name, value));
  }
  return absl::OkStatus();
}

absl::Status Engine::Set(absl::Span<const NamedTensor> variables) {
  for (const auto& [name, value] : variables) {
    WEFT_RETURN_IF_ERROR(state_->Set(name, value));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<NamedTensor>> Engine::Variables() const {
  std::vector<NamedTensor> variables;
  for (const VariableDecl& variable : recorded_->variables()) {
    WEFT_ASSIGN_OR_RETURN(Tensor value, state_->Get(variable.name));
    variables.push_back({variable.name, std::move(value)});
  }
  return variables;
}

absl::StatusOr<const Program*> Engine::Find(absl::string_view function) const {
  auto found = programs_.find(std::string(function));
  if (found == programs_.end()) return NotFound("the model's module has no function '", function, "'");
  return found->second.get();
}

absl::Status Engine::Run(absl::string_view function, absl::Span<const TensorView> inputs,
                         absl::Span<const MutableTensorView> outputs) {
  WEFT_ASSIGN_OR_RETURN(const Program* program, Find(function));
  return program->Run(*state_, inputs, outputs, {.pool = pool_});
}

absl::Status Engine::Prepare(absl::string_view function, int64_t batch) {
  const Clock::time_point start = Clock::now();
  WEFT_ASSIGN_OR_RETURN(const Program* program, Find(function));
  absl::Status status = program->PeakBytes({{"batch", batch}}).status();
  compile_ms_ += MillisecondsSince(start);
  return status;
}

int64_t Engine::PeakBytes(absl::string_view function, int64_t batch) const {
  absl::StatusOr<const Program*> program = Find(function);
  if (!program.ok()) return 0;
  absl::StatusOr<ProgramStats> stats = (*program)->Stats({{"batch", batch}});
  if (!stats.ok()) return 0;
  return state_->bytes() + stats->arena_bytes + stats->scratch_bytes;
}

}  // namespace weft
