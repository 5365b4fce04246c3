#include "ops/elementwise/infer.h"

#include <cmath>

#include "core/status.h"
#include "ops/elementwise/body.h"

namespace weft {
namespace {

absl::Status CheckClass(DTypeClass dtypes, const TensorType& type, absl::string_view operand) {
  if (Contains(dtypes, type.dtype)) return absl::OkStatus();
  return InvalidArgument("expected ", Describe(dtypes), ", got ", type.ToString(), operand.empty() ? "" : " as ",
                         operand, "; use Cast to convert it");
}

absl::Status CheckSameDType(const TensorType& a, const TensorType& b) {
  if (a.dtype == b.dtype) return absl::OkStatus();
  return InvalidArgument("the operands are ", a.ToString(), " and ", b.ToString(),
                         ", expected one dtype for both; use Cast to convert one of them");
}

bool IsSingleElement(const Shape& shape) { return shape.NumElements() == Dim(1); }

}  // namespace

bool Contains(DTypeClass dtypes, DType dtype) {
  switch (dtypes) {
    case DTypeClass::kFloat:
      return IsFloat(dtype);
    case DTypeClass::kNumeric:
      return dtype != DType::kBool;
    case DTypeClass::kBool:
      return dtype == DType::kBool;
    case DTypeClass::kAny:
      return true;
  }
  return false;
}

std::string Describe(DTypeClass dtypes) {
  switch (dtypes) {
    case DTypeClass::kFloat:
      return "f32 or f64";
    case DTypeClass::kNumeric:
      return "f32, f64, i32, i64 or u8";
    case DTypeClass::kBool:
      return "bool";
    case DTypeClass::kAny:
      return "any dtype";
  }
  return "";
}

absl::StatusOr<TensorType> BroadcastTypes(absl::Span<const TensorType> inputs) {
  TensorType result;
  for (const TensorType& input : inputs) {
    if (input.layout != Layout::kRowMajor) result.layout = input.layout;
    WEFT_ASSIGN_OR_RETURN(result.shape, BroadcastShapes(result.shape, input.shape));
  }
  if (result.layout == Layout::kRowMajor) return result;
  for (const TensorType& input : inputs) {
    bool full = input.layout == result.layout && input.shape == result.shape;
    if (!full && !(input.layout == Layout::kRowMajor && IsSingleElement(input.shape))) {
      return InvalidArgument("with an operand in layout ", Name(result.layout),
                             " every other must be of the same shape and layout, or a single element; got ",
                             input.ToString());
    }
  }
  return result;
}

absl::StatusOr<std::vector<TensorType>> InferUnary(DTypeClass dtypes, absl::Span<const TensorType> inputs) {
  WEFT_RETURN_IF_ERROR(CheckClass(dtypes, inputs[0], ""));
  return std::vector<TensorType>{inputs[0]};
}

absl::StatusOr<std::vector<TensorType>> InferBinary(DTypeClass dtypes, absl::Span<const TensorType> inputs) {
  WEFT_RETURN_IF_ERROR(CheckSameDType(inputs[0], inputs[1]));
  WEFT_RETURN_IF_ERROR(CheckClass(dtypes, inputs[0], ""));
  WEFT_ASSIGN_OR_RETURN(TensorType type, BroadcastTypes(inputs));
  type.dtype = inputs[0].dtype;
  return std::vector<TensorType>{type};
}

absl::StatusOr<std::vector<TensorType>> InferComparison(absl::Span<const TensorType> inputs) {
  WEFT_RETURN_IF_ERROR(CheckSameDType(inputs[0], inputs[1]));
  WEFT_ASSIGN_OR_RETURN(TensorType type, BroadcastTypes(inputs));
  type.dtype = DType::kBool;
  return std::vector<TensorType>{type};
}

absl::StatusOr<std::vector<TensorType>> InferPredicate(absl::Span<const TensorType> inputs) {
  WEFT_RETURN_IF_ERROR(CheckClass(DTypeClass::kFloat, inputs[0], ""));
  TensorType type = inputs[0];
  type.dtype = DType::kBool;
  return std::vector<TensorType>{type};
}

absl::StatusOr<std::vector<TensorType>> InferClip(absl::Span<const TensorType> inputs, const AttrMap& attrs) {
  WEFT_RETURN_IF_ERROR(CheckClass(DTypeClass::kNumeric, inputs[0], ""));
  double low = attrs.Float("min"), high = attrs.Float("max");
  if (!(low <= high)) return InvalidArgument("expected min <= max, got min = ", low, ", max = ", high);
  if (IsInteger(inputs[0].dtype)) {
    for (double bound : {low, high}) {
      if (std::isfinite(bound) && bound != std::floor(bound)) {
        return InvalidArgument("expected integral bounds for ", Name(inputs[0].dtype), ", got ", bound);
      }
    }
  }
  return std::vector<TensorType>{inputs[0]};
}

absl::StatusOr<std::vector<TensorType>> InferSelect(absl::Span<const TensorType> inputs) {
  WEFT_RETURN_IF_ERROR(CheckClass(DTypeClass::kBool, inputs[0], "the condition"));
  WEFT_RETURN_IF_ERROR(CheckSameDType(inputs[1], inputs[2]));
  WEFT_ASSIGN_OR_RETURN(TensorType type, BroadcastTypes(inputs));
  type.dtype = inputs[1].dtype;
  return std::vector<TensorType>{type};
}

absl::StatusOr<std::vector<TensorType>> InferCast(absl::Span<const TensorType> inputs, const AttrMap& attrs) {
  TensorType type = inputs[0];
  type.dtype = attrs.Type("dtype");
  return std::vector<TensorType>{type};
}

absl::StatusOr<std::vector<TensorType>> InferProgram(absl::Span<const TensorType> inputs, const AttrMap& attrs) {
  const Graph& body = *attrs.Function("body");
  WEFT_RETURN_IF_ERROR(CheckBody(body));
  if (inputs.size() != body.inputs().size()) {
    return InvalidArgument("the body has ", body.inputs().size(), " inputs, got ", inputs.size(), " operands");
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (body.type(body.inputs()[i]).dtype != inputs[i].dtype) {
      return InvalidArgument("input ", i, " of the body is ", Name(body.type(body.inputs()[i]).dtype), ", got ",
                             inputs[i].ToString());
    }
  }
  WEFT_ASSIGN_OR_RETURN(TensorType type, BroadcastTypes(inputs));
  std::vector<TensorType> types;
  for (const Graph::Output& output : body.outputs()) {
    type.dtype = body.type(output.value).dtype;
    types.push_back(type);
  }
  const int64_t joined = JoinedOutputs(attrs);
  if (joined == 0) return types;
  if (joined < 0 || joined > static_cast<int64_t>(types.size())) {
    return InvalidArgument("joined = ", joined, ": expected 0 to ", types.size(), ", the number of the body's outputs");
  }
  if (type.rank() == 0 || type.layout != Layout::kRowMajor) {
    return InvalidArgument("joined = ", joined, ": expected row-major operands of rank 1 or more, got results ",
                           type.ToString());
  }
  const size_t first = types.size() - static_cast<size_t>(joined);
  for (size_t k = first; k < types.size(); ++k) {
    if (types[k].dtype != types[first].dtype) {
      return InvalidArgument("joined = ", joined, ": expected outputs of one dtype, got ", Name(types[first].dtype),
                             " and ", Name(types[k].dtype));
    }
  }
  types.resize(first + 1);
  Dim& columns = types[first].shape[type.rank() - 1];
  columns = columns * joined;
  return types;
}

int64_t JoinedOutputs(const AttrMap& attrs) {
  const AttrValue* joined = attrs.Find(kJoinedAttr);
  return joined == nullptr ? 0 : std::get<int64_t>(*joined);
}

Dims ProgramDims(const Dims& first_result, const AttrMap& attrs) {
  const int64_t joined = JoinedOutputs(attrs);
  Dims dims = first_result;
  const bool alone = joined == static_cast<int64_t>(attrs.Function("body")->outputs().size());
  if (joined > 0 && alone) dims.back() /= joined;
  return dims;
}

}  // namespace weft
