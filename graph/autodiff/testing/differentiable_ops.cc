#include "graph/autodiff/testing/differentiable_ops.h"

#include "core/status.h"
#include "graph/autodiff/gradient_args.h"
#include "graph/exec/reference.h"
#include "graph/exec/testing/test_ops.h"

namespace weft {
namespace {

using Types = std::vector<TensorType>;
using TypesOr = absl::StatusOr<Types>;
using Values = std::vector<Value>;
using test_ops::Add;
using test_ops::Full;
using test_ops::Mul;
using test_ops::Unary;

Value Neg(Value x) { return Unary("neg", x); }

GradientFn GradientOf(absl::string_view op) {
  if (op == "add") return [](const GradientArgs& a) { return Values{a.dy(), a.dy()}; };
  if (op == "sub") return [](const GradientArgs& a) { return Values{a.dy(), Neg(a.dy())}; };
  if (op == "neg") return [](const GradientArgs& a) { return Values{Neg(a.dy())}; };
  if (op == "mul") {
    return [](const GradientArgs& a) {
      Values dxs(2);
      if (a.needs(0)) dxs[0] = Mul(a.dy(), a.input(1));
      if (a.needs(1)) dxs[1] = Mul(a.dy(), a.input(0));
      return dxs;
    };
  }
  if (op == "cube") {
    return [](const GradientArgs& a) {
      Value three = Full(a.builder(), a.input(0).type(), 3);
      return Values{Mul(Mul(a.dy(), three), Mul(a.input(0), a.input(0)))};
    };
  }
  if (op == "total") {
    return [](const GradientArgs& a) {
      return Values{
          a.builder().Record1("spread", {a.dy()}, {{"shape", a.input(0).shape()}}, SourceLocation::current())};
    };
  }
  if (op == "reshape") {
    return [](const GradientArgs& a) { return Values{test_ops::Reshape(a.dy(), a.input(0).shape())}; };
  }
  return nullptr;
}

// Of the executor's tests it is rounded to float on the way.
absl::Status Total(ReferenceArgs& args) {
  double sum = 0;
  for (int64_t k = 0; k < args.inputs[0].size(); ++k) sum += args.inputs[0].At(k);
  args.outputs[0].Set(0, sum);
  return absl::OkStatus();
}

OpDef Make(const char* name, double (*fn)(double)) {
  OpDef def;
  def.name = name;
  def.family = "test";
  def.inputs = {"x"};
  def.infer = [](absl::Span<const TensorType> in, const AttrMap&) -> TypesOr { return Types{in[0]}; };
  def.reference = [fn](ReferenceArgs& args) {
    for (int64_t k = 0; k < args.outputs[0].size(); ++k) args.outputs[0].Set(k, fn(args.inputs[0].At(k)));
    return absl::OkStatus();
  };
  return def;
}

OpDef Same(const char* name, GradientFn gradient) {
  OpDef def = Make(name, [](double x) { return x; });
  if (gradient == nullptr) return def;
  def.differentiability = Differentiability::kGradient;
  def.gradient = std::move(gradient);
  return def;
}

OpDef Conversion(const char* name, DType from, DType to) {
  OpDef def = Same(name, [](const GradientArgs& a) {
    return Values{a.builder().Error(Internal("the gradient of an integer was asked for"))};
  });
  def.infer = [from, to](absl::Span<const TensorType> in, const AttrMap&) -> TypesOr {
    if (in[0].dtype != from) return InvalidArgument("expected ", Name(from));
    return Types{{to, in[0].shape}};
  };
  return def;
}

OpDef Halves() {
  OpDef def = Same("halves", [](const GradientArgs& a) {
    Value dx = Full(a.builder(), a.input(0).type(), 0);
    for (int i : {0, 1}) {
      if (a.dy(i).absent()) continue;
      Value joined = a.builder().Record1(i == 0 ? "pad_after" : "pad_before", {a.dy(i)}, {}, SourceLocation::current());
      dx = Add(dx, joined);
    }
    return Values{dx};
  });
  def.infer = [](absl::Span<const TensorType> in, const AttrMap&) -> TypesOr {
    const TensorType half{in[0].dtype, {FloorDiv(in[0].shape[0], 2)}};
    return Types{half, half};
  };
  def.reference = [](ReferenceArgs& args) {
    const int64_t n = args.outputs[0].size();
    for (int64_t k = 0; k < 2 * n; ++k) args.outputs[k / n].Set(k % n, args.inputs[0].At(k));
    return absl::OkStatus();
  };
  return def;
}

// Twice as long, zeros on one side.
OpDef Pad(const char* name, bool before) {
  OpDef def = Same(name, [before](const GradientArgs& a) {
    return Values{a.builder().Record("halves", {a.dy()}, {}, SourceLocation::current(), 2)[before ? 1 : 0]};
  });
  def.infer = [](absl::Span<const TensorType> in, const AttrMap&) -> TypesOr {
    return Types{{in[0].dtype, {in[0].shape[0] * 2}}};
  };
  def.reference = [before](ReferenceArgs& args) {
    const int64_t n = args.inputs[0].size();
    for (int64_t k = 0; k < n; ++k) args.outputs[0].Set(before ? n + k : k, args.inputs[0].At(k));
    return absl::OkStatus();
  };
  return def;
}

// A scalar everywhere.
OpDef Spread() {
  OpDef def = Same("spread", [](const GradientArgs& a) { return Values{Unary("total", a.dy())}; });
  def.attrs = {{"shape", AttrKind::kShape, std::nullopt, ""}};
  def.infer = [](absl::Span<const TensorType> in, const AttrMap& attrs) -> TypesOr {
    return Types{{in[0].dtype, attrs.Get<Shape>("shape")}};
  };
  def.reference = [](ReferenceArgs& args) {
    for (int64_t k = 0; k < args.outputs[0].size(); ++k) args.outputs[0].Set(k, args.inputs[0].At(0));
    return absl::OkStatus();
  };
  return def;
}

}  // namespace

std::unique_ptr<OpRegistry> MakeDifferentiableOps() {
  auto registry = std::make_unique<OpRegistry>();
  std::vector<OpDef> defs;
  for (const OpDef* op : TestOps().ops()) {
    if (op->family == "graph") continue;
    OpDef def = *op;
    def.gradient = GradientOf(def.name);
    if (def.gradient != nullptr) def.differentiability = Differentiability::kGradient;
    if (def.name == "total") def.reference = Total;
    defs.push_back(std::move(def));
  }
  defs.push_back(Make("step", [](double x) { return x < 0 ? 0.0 : 1.0; }));
  defs.back().differentiability = Differentiability::kZero;
  defs.push_back(Same("opaque", nullptr));
  defs.push_back(Conversion("to_int", DType::kFloat64, DType::kInt64));
  defs.push_back(Conversion("to_float", DType::kInt64, DType::kFloat64));
  defs.push_back(Halves());
  defs.push_back(Spread());
  defs.push_back(Pad("pad_before", true));
  defs.push_back(Pad("pad_after", false));
  defs.push_back(Same("wrong_count", [](const GradientArgs& a) { return Values{a.dy(), a.dy()}; }));
  defs.push_back(Same("wrong_type", [](const GradientArgs& a) { return Values{Unary("total", a.dy())}; }));
  defs.push_back(
      Same("rule_fails", [](const GradientArgs& a) { return Values{a.builder().Error(Internal("as asked"))}; }));
  for (OpDef& def : defs) {
    if (!registry->Add(std::move(def)).ok()) return nullptr;
  }
  registry->roles() = TestOps().roles();
  registry->roles().constant_op = registry->Find("constant");
  registry->roles().full = Full;
  registry->roles().add = Add;
  return registry;
}

const OpRegistry& DifferentiableOps() {
  static const OpRegistry* const registry = MakeDifferentiableOps().release();
  return *registry;
}

}  // namespace weft
