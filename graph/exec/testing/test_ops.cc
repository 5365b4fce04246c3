#include "graph/exec/testing/test_ops.h"

#include <chrono>
#include <cstring>
#include <utility>

#include "core/simd/denormals.h"
#include "core/status.h"
#include "graph/exec/kernel.h"
#include "graph/exec/reference.h"

namespace weft {
namespace {

using Types = std::vector<TensorType>;
using TypesOr = absl::StatusOr<Types>;

bool AllFloat32(const KernelRequest& request) {
  for (const ConcreteType& type : request.inputs) {
    if (type.dtype != DType::kFloat32) return false;
  }
  for (const ConcreteType& type : request.outputs) {
    if (type.dtype != DType::kFloat32) return false;
  }
  return true;
}

// A kernel over `units` units of work, by a function (args, begin, end).
class RangeKernel : public Kernel {
 public:
  using Fn = std::function<void(const KernelArgs& args, int64_t begin, int64_t end)>;
  RangeKernel(const KernelRequest& request, int64_t units, double ns_per_unit, Fn fn)
      : units_(units), fn_(std::move(fn)) {
    estimated_ns_ = 10 + ns_per_unit * static_cast<double>(units);
    shares_ = ChooseShares(request.target, estimated_ns_, units);
  }
  void Run(const KernelArgs& args, int share) const override {
    Range range = ShareOf(units_, 1, share, shares());
    fn_(args, range.begin, range.end);
  }
  bool MayAlias(int output, int input) const override {
    return output < static_cast<int>(aliases_.size()) && ((aliases_[output] >> input) & 1) != 0;
  }
  std::unique_ptr<RangeKernel> Aliases(std::vector<unsigned> aliases) && {
    aliases_ = std::move(aliases);
    return std::make_unique<RangeKernel>(std::move(*this));
  }
  std::unique_ptr<RangeKernel> Scratch(int64_t bytes) && {
    scratch_bytes_ = bytes;
    return std::make_unique<RangeKernel>(std::move(*this));
  }

 private:
  int64_t units_;
  Fn fn_;
  std::vector<unsigned> aliases_;  // per output: bits of the inputs
};

const float* In(const KernelArgs& args, int k) { return static_cast<const float*>(args.inputs[k]); }
float* Out(const KernelArgs& args, int k) { return static_cast<float*>(args.outputs[k]); }

OpDef Base(const char* name, std::vector<std::string> inputs) {
  OpDef def;
  def.name = name;
  def.family = "test";
  def.inputs = std::move(inputs);
  def.differentiability = Differentiability::kNone;
  return def;
}

TypesOr SameAsFirst(absl::Span<const TensorType> in, const AttrMap&) { return Types{in[0]}; }

OpDef Binary(const char* name, double (*fn)(double, double)) {
  OpDef def = Base(name, {"a", "b"});
  def.infer = [](absl::Span<const TensorType> in, const AttrMap&) -> TypesOr {
    if (in[0].dtype != in[1].dtype) return InvalidArgument("operands of one dtype");
    if (in[0].rank() == 0) return Types{in[1]};
    if (in[1].rank() == 0 || in[0] == in[1]) return Types{in[0]};
    return InvalidArgument("operands of one shape, or a scalar");
  };
  def.reference = [fn](ReferenceArgs& args) {
    const RefTensor &a = args.inputs[0], &b = args.inputs[1];
    for (int64_t k = 0; k < args.outputs[0].size(); ++k) {
      args.outputs[0].Set(k, fn(a.At(a.dims.empty() ? 0 : k), b.At(b.dims.empty() ? 0 : k)));
    }
    return absl::OkStatus();
  };
  def.kernel = [fn](const KernelRequest& request) -> absl::StatusOr<std::unique_ptr<Kernel>> {
    if (!AllFloat32(request)) return nullptr;
    const int64_t a_step = request.inputs[0].dims.empty() ? 0 : 1, b_step = request.inputs[1].dims.empty() ? 0 : 1;
    auto run = [=](const KernelArgs& args, int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        Out(args, 0)[i] = static_cast<float>(fn(In(args, 0)[i * a_step], In(args, 1)[i * b_step]));
      }
    };
    return RangeKernel(request, NumElements(request.outputs[0].dims), 1, run)
        .Aliases({static_cast<unsigned>(request.inputs[0].dims == request.outputs[0].dims) |
                  static_cast<unsigned>(request.inputs[1].dims == request.outputs[0].dims) << 1});
  };
  def.commutative = true;
  return def;
}

OpDef Unary(const char* name, double (*fn)(double), bool with_kernel) {
  OpDef def = Base(name, {"x"});
  def.infer = SameAsFirst;
  def.reference = [fn](ReferenceArgs& args) {
    for (int64_t k = 0; k < args.outputs[0].size(); ++k) args.outputs[0].Set(k, fn(args.inputs[0].At(k)));
    return absl::OkStatus();
  };
  if (!with_kernel) return def;
  def.kernel = [fn](const KernelRequest& request) -> absl::StatusOr<std::unique_ptr<Kernel>> {
    if (!AllFloat32(request)) return nullptr;
    auto run = [fn](const KernelArgs& args, int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) Out(args, 0)[i] = static_cast<float>(fn(In(args, 0)[i]));
    };
    return RangeKernel(request, NumElements(request.outputs[0].dims), 1, run).Aliases({1});
  };
  return def;
}

OpDef RowsSum() {
  OpDef def = Base("rows_sum", {"x"});
  def.infer = [](absl::Span<const TensorType> in, const AttrMap&) -> TypesOr {
    if (in[0].rank() != 2) return InvalidArgument("expected rank 2, got ", in[0].ToString());
    return Types{{in[0].dtype, Shape({in[0].shape[0]})}};
  };
  def.reference = [](ReferenceArgs& args) {
    const RefTensor& x = args.inputs[0];
    for (int64_t r = 0; r < x.dims[0]; ++r) {
      double sum = 0;
      for (int64_t c = 0; c < x.dims[1]; ++c) sum = static_cast<float>(sum + x.At(r * x.dims[1] + c));
      args.outputs[0].Set(r, sum);
    }
    return absl::OkStatus();
  };
  def.kernel = [](const KernelRequest& request) -> absl::StatusOr<std::unique_ptr<Kernel>> {
    if (!AllFloat32(request)) return nullptr;
    const int64_t columns = request.inputs[0].dims[1];
    auto run = [columns](const KernelArgs& args, int64_t begin, int64_t end) {
      // By way of the scratch, which is this share's own.
      auto* row = reinterpret_cast<float*>(args.scratch);
      for (int64_t r = begin; r < end; ++r) {
        if (columns > 0) std::memcpy(row, In(args, 0) + r * columns, columns * sizeof(float));
        float sum = 0;
        for (int64_t c = 0; c < columns; ++c) sum += row[c];
        Out(args, 0)[r] = sum;
      }
    };
    return RangeKernel(request, request.inputs[0].dims[0], static_cast<double>(columns), run)
        .Scratch(columns * static_cast<int64_t>(sizeof(float)));
  };
  return def;
}

OpDef Total() {
  OpDef def = Base("total", {"x"});
  def.infer = [](absl::Span<const TensorType> in, const AttrMap&) -> TypesOr { return Types{{in[0].dtype, Shape()}}; };
  def.reference = [](ReferenceArgs& args) {
    double sum = 0;
    for (int64_t k = 0; k < args.inputs[0].size(); ++k) sum = static_cast<float>(sum + args.inputs[0].At(k));
    args.outputs[0].Set(0, sum);
    return absl::OkStatus();
  };
  def.kernel = [](const KernelRequest& request) -> absl::StatusOr<std::unique_ptr<Kernel>> {
    if (!AllFloat32(request)) return nullptr;
    const int64_t n = NumElements(request.inputs[0].dims);
    auto run = [n](const KernelArgs& args, int64_t, int64_t) {
      float sum = 0;
      for (int64_t i = 0; i < n; ++i) sum += In(args, 0)[i];
      Out(args, 0)[0] = sum;
    };
    return std::make_unique<RangeKernel>(request, 1, static_cast<double>(n), run);
  };
  return def;
}

OpDef StepUpdateOp() {
  OpDef def = Base("step_update", {"w", "m", "g"});
  def.infer = [](absl::Span<const TensorType> in, const AttrMap&) -> TypesOr {
    if (in[0] != in[1] || in[0] != in[2]) return InvalidArgument("expected one type");
    return Types{in[0], in[0]};
  };
  def.reference = [](ReferenceArgs& args) {
    for (int64_t k = 0; k < args.outputs[0].size(); ++k) {
      const double m = static_cast<float>(static_cast<float>(args.inputs[1].At(k) + args.inputs[2].At(k)) * 0.5);
      args.outputs[0].Set(k, static_cast<float>(args.inputs[0].At(k) - m));
      args.outputs[1].Set(k, m);
    }
    return absl::OkStatus();
  };
  def.kernel = [](const KernelRequest& request) -> absl::StatusOr<std::unique_ptr<Kernel>> {
    if (!AllFloat32(request)) return nullptr;
    auto run = [](const KernelArgs& args, int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const float m = (In(args, 1)[i] + In(args, 2)[i]) * 0.5F;
        const float w = In(args, 0)[i] - m;
        Out(args, 0)[i] = w;
        Out(args, 1)[i] = m;
      }
    };
    return RangeKernel(request, NumElements(request.outputs[0].dims), 1, run).Aliases({0b111, 0b111});
  };
  return def;
}

OpDef ReshapeOp() {
  OpDef def = Base("reshape", {"x"});
  def.attrs = {{"shape", AttrKind::kShape, std::nullopt, ""}};
  def.infer = [](absl::Span<const TensorType> in, const AttrMap& attrs) -> TypesOr {
    const Shape& shape = attrs.Get<Shape>("shape");
    if (shape.NumElements() != in[0].shape.NumElements()) return InvalidArgument("another number of elements");
    return Types{{in[0].dtype, shape}};
  };
  def.reference = [](ReferenceArgs& args) {
    args.outputs[0].f = args.inputs[0].f;
    args.outputs[0].i = args.inputs[0].i;
    return absl::OkStatus();
  };
  def.is_view = true;
  return def;
}

OpDef ConstantOp() {
  OpDef def = Base("constant", {});
  def.attrs = {{"value", AttrKind::kTensor, std::nullopt, ""}};
  def.infer = [](absl::Span<const TensorType>, const AttrMap& attrs) -> TypesOr {
    const Tensor& value = attrs.Get<Tensor>("value");
    return Types{{value.dtype(), Shape::FromDims(value.dims())}};
  };
  def.reference = [](ReferenceArgs& args) {
    RefTensor value = ToRef(args.attrs.Get<Tensor>("value"));
    args.outputs[0].f = value.f;
    args.outputs[0].i = value.i;
    return absl::OkStatus();
  };
  return def;
}

OpDef FullOp() {
  OpDef def = Base("full", {});
  def.attrs = {{"type", AttrKind::kType, std::nullopt, ""}, {"value", AttrKind::kFloat, std::nullopt, ""}};
  def.infer = [](absl::Span<const TensorType>, const AttrMap& attrs) -> TypesOr {
    return Types{attrs.Get<TensorType>("type")};
  };
  def.reference = [](ReferenceArgs& args) {
    for (int64_t k = 0; k < args.outputs[0].size(); ++k) args.outputs[0].Set(k, args.attrs.Float("value"));
    return absl::OkStatus();
  };
  return def;
}

OpDef DimSizeOp() {
  OpDef def = Base("dim_size", {});
  def.attrs = {{"dim", AttrKind::kShape, std::nullopt, ""}};
  def.infer = [](absl::Span<const TensorType>, const AttrMap&) -> TypesOr { return Types{{DType::kInt64, Shape()}}; };
  def.reference = [](ReferenceArgs& args) -> absl::Status {
    WEFT_ASSIGN_OR_RETURN(int64_t value, args.attrs.Get<Shape>("dim")[0].Evaluate(args.bindings));
    args.outputs[0].i[0] = value;
    return absl::OkStatus();
  };
  return def;
}

OpDef NapOp() {
  OpDef def = Unary(
      "nap", [](double x) { return x; }, false);
  def.attrs = {{"us", AttrKind::kInt, std::nullopt, ""}};
  def.kernel = [](const KernelRequest& request) -> absl::StatusOr<std::unique_ptr<Kernel>> {
    const int64_t us = request.attrs.Int("us");
    const int64_t bytes = NumElements(request.inputs[0].dims) * SizeOf(request.inputs[0].dtype);
    auto run = [us, bytes](const KernelArgs& args, int64_t, int64_t) {
      const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(us);
      while (std::chrono::steady_clock::now() < end) {
      }
      std::memmove(args.outputs[0], args.inputs[0], bytes);
    };
    return RangeKernel(request, 1, static_cast<double>(us) * 1000, run).Aliases({1});
  };
  return def;
}

OpDef FlushesOp() {
  OpDef def = Unary(
      "flushes", [](double) { return 1.0; }, false);
  def.kernel = [](const KernelRequest& request) -> absl::StatusOr<std::unique_ptr<Kernel>> {
    auto run = [](const KernelArgs& args, int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) Out(args, 0)[i] = simd::ScopedFlushToZero::IsSet() ? 1 : 0;
    };
    return std::make_unique<RangeKernel>(request, NumElements(request.inputs[0].dims), 1, run);
  };
  return def;
}

OpDef WriteBehindOp() {
  OpDef def = Unary(
      "write_behind", [](double x) { return x; }, false);
  def.kernel = [](const KernelRequest& request) -> absl::StatusOr<std::unique_ptr<Kernel>> {
    const int64_t n = NumElements(request.inputs[0].dims);
    auto run = [n](const KernelArgs& args, int64_t, int64_t) {
      std::memcpy(Out(args, 0), In(args, 0), n * sizeof(float));
      Out(args, 0)[n] = 0;
    };
    return std::make_unique<RangeKernel>(request, 1, 10, run);
  };
  return def;
}

OpDef FailsOp() {
  OpDef def = Base("fails", {"x"});
  def.infer = SameAsFirst;
  def.reference = [](ReferenceArgs&) { return absl::InternalError("as asked"); };
  return def;
}

std::unique_ptr<OpRegistry> MakeRegistry() {
  auto registry = std::make_unique<OpRegistry>();
  std::vector<OpDef> defs;
  defs.push_back(Binary("add", [](double a, double b) { return a + b; }));
  defs.push_back(Binary("mul", [](double a, double b) { return a * b; }));
  defs.push_back(Binary("sub", [](double a, double b) { return a - b; }));
  defs.back().commutative = false;
  defs.push_back(Unary(
      "neg", [](double x) { return -x; }, true));
  defs.push_back(Unary(
      "cube", [](double x) { return x * x * x; }, false));
  defs.push_back(RowsSum());
  defs.push_back(Total());
  defs.push_back(StepUpdateOp());
  defs.push_back(ReshapeOp());
  defs.push_back(ConstantOp());
  defs.push_back(FullOp());
  defs.push_back(DimSizeOp());
  defs.push_back(NapOp());
  defs.push_back(FlushesOp());
  defs.push_back(WriteBehindOp());
  defs.push_back(FailsOp());
  for (OpDef& def : defs) {
    if (!registry->Add(std::move(def)).ok()) return nullptr;
  }
  registry->roles().constant_op = registry->Find("constant");
  registry->roles().constant = [](GraphBuilder& b, Tensor value) {
    return b.Record1("constant", {}, {{"value", std::move(value)}}, SourceLocation::current());
  };
  return registry;
}

}  // namespace

const OpRegistry& TestOps() {
  static const OpRegistry* const registry = MakeRegistry().release();
  return *registry;
}

namespace test_ops {

Value Constant(GraphBuilder& b, std::vector<float> values, absl::Span<const int64_t> dims) {
  absl::StatusOr<Tensor> tensor = Tensor::FromVector<float>(values, dims);
  return tensor.ok() ? b.Constant(*std::move(tensor)) : b.Error(tensor.status());
}
Value Full(GraphBuilder& b, const TensorType& type, double value) {
  return b.Record1("full", {}, {{"type", type}, {"value", value}}, SourceLocation::current());
}
Value DimSize(GraphBuilder& b, const Dim& dim) {
  return b.Record1("dim_size", {}, {{"dim", Shape({dim})}}, SourceLocation::current());
}
namespace {
// Operands may belong to a builder around the one that records.
Value Record2(const char* op, Value a, Value b) {
  return a.builder()->Record1(op, {a, b}, {}, SourceLocation::current());
}
}  // namespace
Value Add(Value a, Value b) { return Record2("add", a, b); }
Value Mul(Value a, Value b) { return Record2("mul", a, b); }
Value Sub(Value a, Value b) { return Record2("sub", a, b); }
Value Unary(absl::string_view op, Value x) { return x.builder()->Record1(op, {x}, {}, SourceLocation::current()); }
Value Reshape(Value x, const Shape& shape) {
  return x.builder()->Record1("reshape", {x}, {{"shape", shape}}, SourceLocation::current());
}
Value Nap(Value x, int64_t us) { return x.builder()->Record1("nap", {x}, {{"us", us}}, SourceLocation::current()); }
std::vector<Value> StepUpdate(Value w, Value m, Value g) {
  return g.builder()->Record("step_update", {w, m, g}, {}, SourceLocation::current(), 2);
}

}  // namespace test_ops
}  // namespace weft
