#include "graph/text/testing/test_ops.h"

#include "core/status.h"
#include "graph/ir/builder.h"
#include "graph/ir/graph.h"

namespace weft {
namespace {

using Types = absl::Span<const TensorType>;
using Result = absl::StatusOr<std::vector<TensorType>>;

OpDef Make(const char* name, std::vector<std::string> inputs, std::vector<AttrSpec> attrs, InferFn infer) {
  OpDef def;
  def.name = name;
  def.family = "test";
  def.doc = "An op of the tests.";
  def.inputs = std::move(inputs);
  def.attrs = std::move(attrs);
  def.infer = std::move(infer);
  def.reference = [](ReferenceArgs&) { return Unimplemented("the ops of these tests do not run"); };
  def.differentiability = Differentiability::kZero;
  return def;
}

Result InferConstant(Types, const AttrMap& attrs) {
  const Tensor& value = attrs.Get<Tensor>("value");
  return std::vector<TensorType>{{value.dtype(), Shape::FromDims(value.dims())}};
}

Result InferAdd(Types in, const AttrMap&) {
  if (in[0].dtype != in[1].dtype) return InvalidArgument("expected two operands of one dtype");
  WEFT_ASSIGN_OR_RETURN(Shape shape, BroadcastShapes(in[0].shape, in[1].shape));
  return std::vector<TensorType>{{in[0].dtype, shape}};
}

Result InferMatMul(Types in, const AttrMap& attrs) {
  if (in[0].rank() != 2 || in[1].rank() != 2) return InvalidArgument("expected two operands of rank 2");
  const int ta = attrs.Bool("transpose_a"), tb = attrs.Bool("transpose_b");
  if (in[0].shape[1 - ta] != in[1].shape[tb]) return InvalidArgument("the inner dims differ");
  return std::vector<TensorType>{{in[0].dtype, {in[0].shape[ta], in[1].shape[1 - tb]}}};
}

Result InferReshape(Types in, const AttrMap& attrs) {
  const Shape& shape = attrs.Get<Shape>("shape");
  if (shape.NumElements() != in[0].shape.NumElements()) return InvalidArgument("the number of elements changes");
  return std::vector<TensorType>{{in[0].dtype, shape}};
}

Result InferConcat(Types in, const AttrMap& attrs) {
  if (in.empty()) return InvalidArgument("expected an operand");
  const int64_t axis = attrs.Int("axis");
  if (axis < 0 || axis >= in[0].rank()) return InvalidArgument("axis ", axis, " is out of range");
  TensorType type = in[0];
  for (const TensorType& other : in.subspan(1)) {
    if (other.rank() != type.rank()) return InvalidArgument("expected operands of one rank");
    type.shape[static_cast<int>(axis)] = type.shape[static_cast<int>(axis)] + other.shape[static_cast<int>(axis)];
  }
  return std::vector<TensorType>{type};
}

Result InferSum(Types in, const AttrMap& attrs) {
  Shape shape;
  for (int axis = 0; axis < in[0].rank(); ++axis) {
    bool reduced = false;
    for (int64_t a : attrs.Ints("axes")) reduced = reduced || a == axis;
    if (!reduced) shape.push_back(in[0].shape[axis]);
    if (reduced && attrs.Bool("keepdims")) shape.push_back(1);
  }
  return std::vector<TensorType>{{in[0].dtype, shape}};
}

Result InferHalves(Types in, const AttrMap&) {
  if (in[0].rank() < 1) return InvalidArgument("expected an axis to halve");
  TensorType first = in[0], second = in[0];
  first.shape[0] = CeilDiv(in[0].shape[0], 2);
  second.shape[0] = FloorDiv(in[0].shape[0], 2);
  return std::vector<TensorType>{first, second};
}

Result InferProgram(Types in, const AttrMap& attrs) {
  if (in.empty()) return InvalidArgument("expected an operand");
  const GraphPtr& body = attrs.Function("body");
  std::vector<TensorType> types;
  for (const Graph::Output& output : body->outputs()) types.push_back({body->type(output.value).dtype, in[0].shape});
  return types;
}

Result InferSink(Types in, const AttrMap&) {
  return std::vector<TensorType>{in.empty() ? TensorType() : TensorType{in[0].dtype, in[0].shape}};
}

std::vector<OpDef> Defs() {
  std::vector<OpDef> ops;
  ops.push_back(Make("constant", {}, {{"value", AttrKind::kTensor, std::nullopt, ""}}, InferConstant));
  ops.push_back(Make("add", {"a", "b"}, {}, InferAdd));
  ops.push_back(Make(
      "matmul", {"a", "b"},
      {{"transpose_a", AttrKind::kBool, AttrValue(false), ""}, {"transpose_b", AttrKind::kBool, AttrValue(false), ""}},
      InferMatMul));
  ops.push_back(Make("reshape", {"x"}, {{"shape", AttrKind::kShape, std::nullopt, ""}}, InferReshape));
  ops.push_back(Make("concat", {"operands..."}, {{"axis", AttrKind::kInt, AttrValue(int64_t{0}), ""}}, InferConcat));
  ops.push_back(Make("sum", {"x"},
                     {{"axes", AttrKind::kInts, std::nullopt, ""}, {"keepdims", AttrKind::kBool, AttrValue(false), ""}},
                     InferSum));
  ops.push_back(Make("halves", {"x"}, {}, InferHalves));
  ops.push_back(Make("program", {"operands..."}, {{"body", AttrKind::kFunction, std::nullopt, ""}}, InferProgram));
  ops.push_back(Make("sink", {"operands..."},
                     {{"flag", AttrKind::kBool, AttrValue(true), ""},
                      {"int", AttrKind::kInt, AttrValue(int64_t{-1}), ""},
                      {"float", AttrKind::kFloat, AttrValue(0.5), ""},
                      {"string", AttrKind::kString, AttrValue(std::string("default")), ""},
                      {"ints", AttrKind::kInts, AttrValue(std::vector<int64_t>()), ""},
                      {"floats", AttrKind::kFloats, AttrValue(std::vector<double>()), ""},
                      {"dtype", AttrKind::kDType, AttrValue(DType::kFloat32), ""},
                      {"shape", AttrKind::kShape, AttrValue(Shape()), ""},
                      {"type", AttrKind::kType, AttrValue(TensorType()), ""},
                      {"tensor", AttrKind::kTensor, AttrValue(Tensor::Scalar(DType::kFloat32, 1)), ""}},
                     InferSink));
  ops.back().version = 3;
  ops.push_back(Make("fused_add", {"a", "b"}, {}, InferAdd));
  ops.back().is_fused = true;
  return ops;
}

}  // namespace

const OpRegistry& TestOps() {
  static const OpRegistry* const registry = [] {
    auto* made = new OpRegistry();
    for (OpDef& def : Defs()) made->Add(std::move(def)).IgnoreError();
    made->roles().constant_op = made->Find("constant");
    made->roles().elementwise_program = made->Find("program");
    made->roles().constant = [](GraphBuilder& builder, Tensor value) {
      return builder.Record1("constant", {}, {{"value", std::move(value)}}, SourceLocation::current());
    };
    return made;
  }();
  return *registry;
}

}  // namespace weft
