#include "ops/elementwise/body.h"

#include <variant>

#include "core/status.h"
#include "ops/elementwise/broadcast.h"
#include "ops/elementwise/scalar.h"

namespace weft {
namespace {

// As FromRef and back would: floats to the nearest f32, integers wrapped.
void RoundToDType(RefTensor& t) {
  if (t.dtype == DType::kFloat32) {
    for (double& v : t.f) v = static_cast<double>(static_cast<float>(v));
  } else if (t.dtype != DType::kFloat64) {
    for (int64_t& v : t.i) v = scalar::WrapInteger(t.dtype, v);
  }
}

}  // namespace

const Tensor* ConstantOf(const Node& node) {
  if (!node.inputs.empty() || node.num_outputs != 1 || IsInput(node) || IsVariable(node)) return nullptr;
  const AttrValue* value = node.attrs->Find("value");
  return value == nullptr ? nullptr : std::get_if<Tensor>(value);
}

absl::Status CheckBody(const Graph& body) {
  for (const Node& node : body.nodes()) {
    bool known = IsInput(node) || ConstantOf(node) != nullptr || (node.op->elementwise && node.num_outputs == 1);
    if (!known) {
      return InvalidArgument("op '", node.op->name,
                             "' in the body of an elementwise program, expected inputs, constants and elementwise ops");
    }
    const TensorType& type = body.type(node.first_output);
    if (type.rank() != 0 || type.layout != Layout::kRowMajor) {
      return InvalidArgument("op '", node.op->name, "' in the body of an elementwise program gives ", type.ToString(),
                             ", expected scalars only");
    }
  }
  if (!body.updates().empty()) return InvalidArgument("the body of an elementwise program updates a variable");
  if (body.outputs().empty()) return InvalidArgument("the body of an elementwise program has no output");
  return absl::OkStatus();
}

double BodyCycles(const Graph& body) {
  double cycles = 0;
  for (const Node& node : body.nodes()) {
    if (node.op->elementwise) cycles += node.op->elementwise->cycles;
  }
  return cycles;
}

absl::Status RunBodyReference(const Graph& body, absl::Span<const RefTensor> inputs, absl::Span<const int64_t> dims,
                              absl::Span<RefTensor> outputs) {
  if (inputs.size() != body.inputs().size() || outputs.size() != body.outputs().size()) {
    return Internal("body of ", body.inputs().size(), " inputs and ", body.outputs().size(), " outputs run on ",
                    inputs.size(), " and ", outputs.size());
  }
  const SymbolBindings no_symbols;  // a body has none
  std::vector<RefTensor> values(body.num_values());
  for (size_t i = 0; i < inputs.size(); ++i) values[body.inputs()[i]] = inputs[i];
  for (const Node& node : body.nodes()) {
    if (IsInput(node)) continue;
    RefTensor& result = values[node.first_output];
    if (const Tensor* constant = ConstantOf(node)) {
      result = ToRef(*constant);
      continue;
    }
    std::vector<RefTensor> operands;
    Dims shape;
    for (ValueId id : node.inputs) {
      operands.push_back(values[id]);
      WEFT_ASSIGN_OR_RETURN(shape, BroadcastDims(shape, values[id].dims));
    }
    result = ZeroRef(body.type(node.first_output).dtype, shape);
    ReferenceArgs args{operands, *node.attrs, no_symbols, absl::MakeSpan(&result, 1)};
    WEFT_RETURN_IF_ERROR(node.op->reference(args));
    RoundToDType(result);
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    WEFT_ASSIGN_OR_RETURN(outputs[i], BroadcastRef(values[body.outputs()[i].value], dims));
  }
  return absl::OkStatus();
}

}  // namespace weft
