#include "graph/exec/stats.h"

#include "core/status.h"

namespace weft {
namespace {

std::string TypeText(const TensorType& type, const SymbolBindings& bindings) {
  absl::StatusOr<ConcreteType> bound = Bind(type, bindings);
  if (!bound.ok()) return type.ToString();
  return TensorType{bound->dtype, Shape::FromDims(bound->dims), bound->layout}.ToString();
}

std::string KernelLine(const Instruction& instruction, const Code::Source& source, const SymbolBindings& bindings) {
  const Node& node = *source.node;
  std::string line = absl::StrCat(node.op->name, "(");
  for (size_t k = 0; k < node.inputs.size(); ++k) {
    absl::StrAppend(&line, k == 0 ? "" : ", ", TypeText(source.graph->type(node.inputs[k]), bindings));
  }
  absl::StrAppend(&line, ") -> ");
  for (int k = 0; k < node.num_outputs; ++k) {
    absl::StrAppend(&line, k == 0 ? "" : ", ", TypeText(source.graph->type(node.first_output + k), bindings));
  }
  absl::StrAppend(&line, ", ", instruction.shares, instruction.shares == 1 ? " share" : " shares");
  if (instruction.kind == Instruction::Kind::kReference) absl::StrAppend(&line, ", reference");
  std::string origin = node.origin == nullptr ? "" : node.origin->ToString();
  if (!origin.empty()) absl::StrAppend(&line, ", ", origin);
  return line;
}

}  // namespace

ProgramStats MakeStats(const Code& code, const Module& module, const SymbolBindings& bindings, double compile_ms) {
  ProgramStats stats;
  stats.arena_bytes = code.arena_bytes;
  stats.lower_bound_bytes = code.lower_bound_bytes;
  stats.scratch_bytes = code.scratch_bytes;
  stats.num_copies = code.num_copies;
  stats.compile_ms = compile_ms;
  for (int variable : code.variables) {
    absl::StatusOr<ConcreteType> type = Bind(module.variables()[variable].type, {});
    absl::StatusOr<int64_t> bytes = 0;
    if (type.ok()) bytes = StorageBytes(type->dtype, type->dims, type->layout);
    if (type.ok() && bytes.ok()) stats.weight_bytes += *bytes;
  }
  for (size_t i = 0; i < code.instructions.size(); ++i) {
    const Instruction& instruction = code.instructions[i];
    if (instruction.kind != Instruction::Kind::kKernel && instruction.kind != Instruction::Kind::kReference) continue;
    ++stats.num_kernels;
    stats.kernels.push_back(KernelLine(instruction, code.sources[i], bindings));
  }
  return stats;
}

}  // namespace weft
