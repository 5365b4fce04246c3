#include "graph/passes/testing/test_ops.h"

#include "core/status.h"
#include "graph/exec/reference.h"
#include "graph/passes/rewrite.h"

namespace weft::pass_ops {
namespace {

using Types = std::vector<TensorType>;
using TypesOr = absl::StatusOr<Types>;
using In = absl::Span<const TensorType>;

OpDef Make(const char* name, std::vector<std::string> inputs, std::vector<AttrSpec> attrs, InferFn infer) {
  OpDef def;
  def.name = name;
  def.family = "test";
  def.inputs = std::move(inputs);
  def.attrs = std::move(attrs);
  def.infer = std::move(infer);
  def.reference = [](ReferenceArgs&) { return Unimplemented("this op does not run in these tests"); };
  return def;
}

// Every operand broadcasts. In panels: operands of the result's shape are, and others are single elements.
TypesOr InferElementwise(In in) {
  TensorType result{in[0].dtype, {}};
  for (const TensorType& type : in) {
    if (type.dtype != result.dtype) return InvalidArgument("operands of one dtype");
    WEFT_ASSIGN_OR_RETURN(result.shape, BroadcastShapes(result.shape, type.shape));
    if (type.layout != Layout::kRowMajor) result.layout = type.layout;
  }
  for (const TensorType& type : in) {
    if (type.rank() > 0 && result.layout != Layout::kRowMajor && type != result) {
      return InvalidArgument("with an operand in panels every other must be of its type, or a scalar");
    }
  }
  return Types{result};
}

TileKernel SelectF32(const TileRequest& request) {
  TileKernel kernel;
  if (request.output == DType::kFloat32) kernel.fn = [](const TileArgs&) {};  // fusion asks whether there is one
  return kernel;
}

bool AnyInput(int, Layout, const AttrMap&) { return true; }
bool SecondInput(int input, Layout, const AttrMap&) { return input == 1; }

// Operands of one shape, or scalars.
OpDef Elementwise(const char* name, std::vector<std::string> inputs, double (*fn)(double, double)) {
  OpDef def = Make(name, std::move(inputs), {}, [](In in, const AttrMap&) { return InferElementwise(in); });
  def.reference = [fn](ReferenceArgs& args) {
    auto at = [](const RefTensor& t, int64_t k) { return t.At(t.size() == 1 ? 0 : k); };
    for (int64_t k = 0; k < args.outputs[0].size(); ++k) {
      const double a = at(args.inputs[0], k);
      args.outputs[0].Set(k, fn(a, args.inputs.size() == 1 ? a : at(args.inputs[1], k)));
    }
    return absl::OkStatus();
  };
  def.elementwise.emplace();
  def.elementwise->select = &SelectF32;
  def.accepts_layout = AnyInput;
  return def;
}

// ---- rules

Value OtherThan(const RewriteContext& c, double number) {
  for (int i : {0, 1}) {
    const Value other = c.input(1 - i);
    if (c.IsConstant(c.input(i), number) && other.type() == c.type()) return other;
  }
  return Value();
}

Value MulZero(RewriteContext& c) {
  if (!c.IsConstant(c.input(0), 0) && !c.IsConstant(c.input(1), 0)) return Value();
  return c.builder().Record1("full", {}, {{"type", c.type()}, {"value", 0.0}}, SourceLocation::current());
}

Value NegNeg(RewriteContext& c) { return c.IsOp(c.input(0), "neg") ? c.operand(c.input(0), 0) : Value(); }

Value ReshapeReshape(RewriteContext& c) {
  if (c.input(0).type() == c.type()) return c.input(0);
  if (!c.IsOp(c.input(0), "reshape")) return Value();
  return c.builder().Record1("reshape", {c.operand(c.input(0), 0)}, {{"shape", c.type().shape}},
                             SourceLocation::current());
}

// ---- the other ops

OpDef Sources(absl::string_view which) {
  if (which == "constant") {
    OpDef def =
        Make("constant", {}, {{"value", AttrKind::kTensor, std::nullopt, ""}}, [](In, const AttrMap& attrs) -> TypesOr {
          const Tensor& value = attrs.Get<Tensor>("value");
          return Types{{value.dtype(), Shape::FromDims(value.dims())}};
        });
    return def;
  }
  if (which == "full") {
    OpDef def =
        Make("full", {}, {{"type", AttrKind::kType, std::nullopt, ""}, {"value", AttrKind::kFloat, std::nullopt, ""}},
             [](In, const AttrMap& attrs) -> TypesOr { return Types{attrs.Get<TensorType>("type")}; });
    def.reference = [](ReferenceArgs& args) {
      for (int64_t k = 0; k < args.outputs[0].size(); ++k) args.outputs[0].Set(k, args.attrs.Float("value"));
      return absl::OkStatus();
    };
    return def;
  }
  if (which == "dim_size") {
    return Make("dim_size", {}, {{"dim", AttrKind::kShape, std::nullopt, ""}}, [](In, const AttrMap&) -> TypesOr {
      return Types{{DType::kInt64, {}}};
    });
  }
  OpDef def =
      Make("noise", {}, {{"shape", AttrKind::kShape, std::nullopt, ""}, {"stream", AttrKind::kInt, std::nullopt, ""}},
           [](In, const AttrMap& attrs) -> TypesOr {
             return Types{{DType::kFloat32, attrs.Get<Shape>("shape")}};
           });
  def.is_random = true;
  return def;
}

OpDef BroadcastTo() {
  OpDef def = Make("broadcast_to", {"x"}, {{"shape", AttrKind::kShape, std::nullopt, ""}},
                   [](In in, const AttrMap& attrs) -> TypesOr {
                     return Types{{in[0].dtype, attrs.Get<Shape>("shape")}};
                   });
  def.is_broadcast = true;
  return def;
}

OpDef Reshape() {
  OpDef def = Make("reshape", {"x"}, {{"shape", AttrKind::kShape, std::nullopt, ""}},
                   [](In in, const AttrMap& attrs) -> TypesOr {
                     const Shape& shape = attrs.Get<Shape>("shape");
                     if (in[0].layout != Layout::kRowMajor) return InvalidArgument("expected row-major");
                     if (shape.NumElements() != in[0].shape.NumElements()) return InvalidArgument("another size");
                     return Types{{in[0].dtype, shape}};
                   });
  def.is_view = true;
  def.simplify = {{"reshape_reshape", true, ReshapeReshape, "reshape(reshape(x)) -> reshape(x)"}};
  return def;
}

OpDef Halves() {
  OpDef def = Make("halves", {"x"}, {}, [](In in, const AttrMap&) -> TypesOr {
    if (in[0].rank() != 1 || in[0].layout != Layout::kRowMajor) return InvalidArgument("expected a vector");
    return Types{{in[0].dtype, {CeilDiv(in[0].shape[0], 2)}}, {in[0].dtype, {FloorDiv(in[0].shape[0], 2)}}};
  });
  def.reference = [](ReferenceArgs& args) {
    const int64_t first = args.outputs[0].size();
    for (int64_t k = 0; k < args.inputs[0].size(); ++k) {
      args.outputs[k < first ? 0 : 1].Set(k < first ? k : k - first, args.inputs[0].At(k));
    }
    return absl::OkStatus();
  };
  return def;
}

TypesOr InferMatMul(In in) {
  if (in[0].rank() != 2 || in[1].rank() != 2 || in[0].shape[1] != in[1].shape[0]) {
    return InvalidArgument("expected [m,k] and [k,n]");
  }
  if (in[0].layout != Layout::kRowMajor) return InvalidArgument("a must be row-major");
  return Types{{in[0].dtype, {in[0].shape[0], in[1].shape[1]}}};
}

Types ResultsOf(const AttrMap& attrs, const TensorType& like) {
  Types types;
  const Graph& body = *attrs.Function("body");
  for (const Graph::Output& output : body.outputs()) {
    types.push_back({body.type(output.value).dtype, like.shape, like.layout});
  }
  return types;
}

std::vector<OpDef> Defs() {
  std::vector<OpDef> ops;
  for (const char* source : {"constant", "full", "dim_size", "noise"}) ops.push_back(Sources(source));
  ops.push_back(Elementwise("add", {"a", "b"}, [](double a, double b) { return a + b; }));
  ops.back().commutative = true;
  ops.back().simplify = {{"add_zero", true, [](RewriteContext& c) { return OtherThan(c, -0.0); }, "x + -0 -> x"}};
  ops.push_back(Elementwise("mul", {"a", "b"}, [](double a, double b) { return a * b; }));
  ops.back().commutative = true;
  ops.back().simplify = {{"mul_one", true, [](RewriteContext& c) { return OtherThan(c, 1); }, "x * 1 -> x"},
                         {"mul_zero", false, MulZero, "x * 0 -> 0"}};
  ops.push_back(Elementwise("sub", {"a", "b"}, [](double a, double b) { return a - b; }));
  ops.push_back(Elementwise("neg", {"x"}, [](double a, double) { return -a; }));
  ops.back().simplify = {{"neg_neg", true, NegNeg, "neg(neg(x)) -> x"}};
  ops.push_back(Elementwise("relu", {"x"}, [](double a, double) { return a > 0 ? a : 0; }));
  ops.push_back(BroadcastTo());
  ops.push_back(Reshape());
  ops.push_back(Halves());
  ops.push_back(Make("scale", {"x", "by"}, {{"twice", AttrKind::kBool, AttrValue(false), ""}},
                     [](In in, const AttrMap&) -> TypesOr { return Types{in[0]}; }));
  ops.back().prepare_invariant = [](int input, Value operand, AttrMap* attrs) {
    if (input != 1 || !attrs->Bool("twice")) return Value();
    *attrs = attrs->With("twice", false);
    return operand.builder()->Record1("add", {operand, operand}, {}, SourceLocation::current());
  };
  ops.push_back(Make("matmul", {"a", "b"}, {}, [](In in, const AttrMap&) { return InferMatMul(in); }));
  ops.back().epilogue_host = "matmul_epilogue";
  ops.back().accepts_layout = SecondInput;
  ops.push_back(Make("matmul_epilogue", {"a", "b", "operands..."}, {{"body", AttrKind::kFunction, std::nullopt, ""}},
                     [](In in, const AttrMap& attrs) -> TypesOr {
                       WEFT_ASSIGN_OR_RETURN(Types product, InferMatMul(in));
                       return ResultsOf(attrs, product[0]);
                     }));
  ops.back().is_fused = true;
  ops.back().accepts_layout = SecondInput;
  ops.push_back(Make("matmul_scale", {"a", "b", "by"}, {{"twice", AttrKind::kBool, AttrValue(false), ""}},
                     [](In in, const AttrMap&) -> TypesOr {
                       WEFT_ASSIGN_OR_RETURN(Types product, InferMatMul(in));
                       return Types{product[0], in[1]};
                     }));
  ops.back().is_fused = true;
  ops.push_back(Make("program", {"operands..."}, {{"body", AttrKind::kFunction, std::nullopt, ""}},
                     [](In in, const AttrMap& attrs) -> TypesOr {
                       WEFT_ASSIGN_OR_RETURN(Types like, InferElementwise(in));
                       return ResultsOf(attrs, like[0]);
                     }));
  ops.back().is_fused = true;
  ops.back().accepts_layout = AnyInput;
  return ops;
}

}  // namespace

std::unique_ptr<OpRegistry> MakeRegistry() {
  auto registry = std::make_unique<OpRegistry>();
  for (OpDef& def : Defs()) {
    if (!registry->Add(std::move(def)).ok()) return nullptr;
  }
  registry->roles().constant_op = registry->Find("constant");
  registry->roles().elementwise_program = registry->Find("program");
  registry->roles().constant = [](GraphBuilder& b, Tensor value) {
    return b.Record1("constant", {}, {{"value", std::move(value)}}, SourceLocation::current());
  };
  return registry;
}

const OpRegistry& Registry() {
  static const OpRegistry* const registry = MakeRegistry().release();
  return *registry;
}

}  // namespace weft::pass_ops
