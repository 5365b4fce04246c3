// The op matmul: types, gradient, rewrites.
#include <utility>

#include "core/status.h"
#include "graph/autodiff/gradient_args.h"
#include "graph/passes/rewrite.h"
#include "ops/dense/dense.h"
#include "ops/dense/dense_kernel.h"
#include "ops/dense/op_defs.h"
#include "ops/dense/product_type.h"
#include "ops/shape/shape.h"

namespace weft {

Value MatMul(Value a, Value b, MatMulOptions options) {
  GraphBuilder* builder = a.absent() ? b.builder() : a.builder();
  if (builder == nullptr) return Value();
  return builder->Record1(
      kMatMulOp, {a, b},
      {{"transpose_a", options.transpose_a}, {"transpose_b", options.transpose_b}, {"chunk", options.chunk}},
      options.where);
}

namespace dense {
namespace {

absl::StatusOr<std::vector<TensorType>> Infer(absl::Span<const TensorType> in, const AttrMap& attrs) {
  WEFT_ASSIGN_OR_RETURN(TensorType y, InferProduct(in[0], in[1], attrs));
  return std::vector<TensorType>{std::move(y)};
}

Value SumTo(const GradientArgs& args, Value gradient, const Value& operand) {
  if (!gradient.ok() || gradient.shape() == operand.shape()) return gradient;
  return args.builder().registry().roles().sum_to_shape(gradient, operand.shape());
}

// [..., m, n] -> [... * m, n]: a view.
Value AsMatrix(Value x) {
  Dim rows = 1;
  for (int i = 0; i + 1 < x.rank(); ++i) rows = rows * x.shape()[i];
  return Reshape(x, Shape{rows, x.shape()[x.rank() - 1]});
}

// With y = op(a) op(b): d op(a) = dy op(b)^T and d op(b) = op(a)^T dy, each written so that it comes out as a and b are
// stored.
std::vector<Value> Gradient(const GradientArgs& args) {
  const Value &a = args.input(0), &b = args.input(1), &dy = args.dy();
  const bool ta = args.attrs().Bool("transpose_a"), tb = args.attrs().Bool("transpose_b");
  // Contractions over n are over features. Those over m are over rows, unless k counts rows already.
  const int64_t rows = args.attrs().Int("chunk") == 0 ? kRowChunk : 0;
  std::vector<Value> gradients(2);
  if (args.needs(0)) {
    Value da = ta ? MatMul(b, dy, {.transpose_a = tb, .transpose_b = true}) : MatMul(dy, b, {.transpose_b = !tb});
    gradients[0] = SumTo(args, da, a);
  }
  if (args.needs(1)) {
    Value db;
    if (b.rank() == 2 && a.rank() > 2 && !ta) {  // one contraction over all leading dims
      Value a2 = AsMatrix(a), dy2 = AsMatrix(dy);
      db = tb ? MatMul(dy2, a2, {.transpose_a = true, .chunk = rows})
              : MatMul(a2, dy2, {.transpose_a = true, .chunk = rows});
    } else {
      db = tb ? MatMul(dy, a, {.transpose_a = true, .transpose_b = ta, .chunk = rows})
              : MatMul(a, dy, {.transpose_a = !ta, .chunk = rows});
    }
    gradients[1] = SumTo(args, db, b);
  }
  return gradients;
}

// Steps are more rows: sum over t of a[t]^T b[t] is one contraction over all of them.
Value SumOverSteps(GraphBuilder&, absl::Span<const Value> operands, absl::Span<const bool> stacked,
                   const AttrMap& attrs) {
  const bool rows = attrs.Bool("transpose_a") && !attrs.Bool("transpose_b") && attrs.Int("chunk") > 0;
  if (!rows || !stacked[0] || !stacked[1] || operands[0].rank() != 3 || operands[1].rank() != 3) return Value();
  return MatMul(AsMatrix(operands[0]), AsMatrix(operands[1]), {.transpose_a = true, .chunk = attrs.Int("chunk")});
}

// A matrix that is read again and again is transposed once.
Value PrepareInvariant(int input, Value operand, AttrMap* attrs) {
  if (input != 1 || !attrs->Bool("transpose_b")) return Value();
  std::vector<int> perm;
  for (int i = 0; i < operand.rank(); ++i) perm.push_back(i);
  std::swap(perm[perm.size() - 1], perm[perm.size() - 2]);
  *attrs = attrs->With("transpose_b", false);
  return Transpose(operand, perm);
}

absl::Status Reference(ReferenceArgs& args) {
  return ReferenceProduct(args.inputs[0], args.inputs[1], args.attrs, /*round=*/false, &args.outputs[0]);
}

// Whether v is the transpose of another value's last two axes.
bool IsMatrixTranspose(const RewriteContext& context, const Value& v) {
  if (!context.IsOp(v, "transpose")) return false;
  const std::vector<int64_t>& perm = context.producer(v).attrs->Ints("perm");
  const int64_t rank = static_cast<int64_t>(perm.size());
  if (rank < 2 || perm[rank - 1] != rank - 2 || perm[rank - 2] != rank - 1) return false;
  for (int64_t i = 0; i + 2 < rank; ++i) {
    if (perm[i] != i) return false;
  }
  return true;
}

// The product takes a transposed operand as it is stored.
Value TransposedOperand(RewriteContext& context) {
  Value operands[2] = {context.input(0), context.input(1)};
  bool transposed[2] = {context.attrs().Bool("transpose_a"), context.attrs().Bool("transpose_b")};
  bool changed = false;
  for (int i = 0; i < 2; ++i) {
    if (!IsMatrixTranspose(context, operands[i])) continue;
    operands[i] = context.operand(operands[i], 0);
    transposed[i] = !transposed[i];
    changed = true;
  }
  if (!changed) return Value();
  return MatMul(operands[0], operands[1],
                {.transpose_a = transposed[0], .transpose_b = transposed[1], .chunk = context.attrs().Int("chunk")});
}

}  // namespace

OpDef MatMulOp() {
  OpDef def;
  def.name = kMatMulOp;
  def.family = "dense";
  def.doc =
      "y[..., i, j] = sum over l of a[..., i, l] * b[..., l, j]. a: [..., m, k] (or [..., k, m] if transpose_a), b: "
      "[..., k, n] (or [..., n, k] if transpose_b), y: [..., m, n]; rank 2 or more, leading dims broadcast as in "
      "NumPy. "
      "One dtype, any but bool; integers wrap. One chain of fused multiply-adds over ascending l from 0, or with chunk "
      "= c "
      "> 0 chains over c consecutive l each, added in ascending order. Gradient: dA = dY B^T, dB = A^T dY (chunk 256 "
      "if "
      "this op's is 0, else 0), summed over broadcast leading dims.";
  def.inputs = {"a", "b"};
  def.attrs = ProductAttrs();
  def.infer = Infer;
  def.differentiability = Differentiability::kGradient;
  def.gradient = Gradient;
  def.reference = Reference;
  def.kernel = MakeMatMulKernel;
  def.simplify = {{"transposed_operand", true, TransposedOperand,
                   "matmul(transpose(a), b) -> matmul(a, b, transpose_a), where the transpose swaps the last two axes; "
                   "the same for b"}};
  def.sum_over_steps = SumOverSteps;
  def.prepare_invariant = PrepareInvariant;
  def.epilogue_host = kMatMulEpilogueOp;
  def.accepts_layout = AcceptsLayout;
  def.flops = Flops;
  return def;
}

}  // namespace dense
}  // namespace weft
