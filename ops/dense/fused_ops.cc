// The ops that passes make of products: types and references. Their kernels are in dense_kernel.cc.
#include <utility>

#include "core/status.h"
#include "graph/exec/reference.h"
#include "ops/dense/dense.h"
#include "ops/dense/dense_kernel.h"
#include "ops/dense/op_defs.h"
#include "ops/dense/product_type.h"
#include "ops/elementwise/body.h"

namespace weft::dense {
namespace {

using Types = std::vector<TensorType>;

absl::StatusOr<Types> InferEpilogue(absl::Span<const TensorType> in, const AttrMap& attrs) {
  WEFT_ASSIGN_OR_RETURN(TensorType product, InferProduct(in[0], in[1], attrs));
  return InferBody(product, in.subspan(2), attrs.Function("body").get(), "body");
}

absl::Status EpilogueReference(ReferenceArgs& args) {
  RefTensor product;
  WEFT_RETURN_IF_ERROR(ReferenceProduct(args.inputs[0], args.inputs[1], args.attrs, /*round=*/true, &product));
  const Dims dims = product.dims;
  std::vector<RefTensor> inputs = {std::move(product)};
  for (const RefTensor& extra : args.inputs.subspan(2)) inputs.push_back(extra);
  return RunBodyReference(*args.attrs.Function("body"), inputs, dims, args.outputs);
}

// How many of dense_update's operands belong to body; or what is wrong.
absl::StatusOr<int64_t> NumBodyExtras(size_t num_inputs, const AttrMap& attrs) {
  const int64_t count = attrs.Int("num_body_extras");
  if (count < 0 || count > static_cast<int64_t>(num_inputs) - 2) {
    return InvalidArgument("num_body_extras is ", count, ", expected 0 to ", num_inputs - 2,
                           ", the number of operands behind a and b");
  }
  return count;
}

absl::StatusOr<Types> InferUpdate(absl::Span<const TensorType> in, const AttrMap& attrs) {
  if (!attrs.Bool("transpose_a") || attrs.Bool("transpose_b") || attrs.Int("chunk") != kRowChunk) {
    return InvalidArgument("expected transpose_a, not transpose_b, and chunk = ", kRowChunk);
  }
  if (in[0].rank() != 2 || in[1].rank() != 2) {
    return InvalidArgument("a is ", in[0].ToString(), ", b ", in[1].ToString(), ", expected rank 2");
  }
  if (in[1].layout != Layout::kRowMajor) return InvalidArgument("b is ", in[1].ToString(), ", expected row-major");
  WEFT_ASSIGN_OR_RETURN(const int64_t body_extras, NumBodyExtras(in.size(), attrs));
  WEFT_ASSIGN_OR_RETURN(TensorType product, InferProduct(in[0], in[1], attrs));
  WEFT_ASSIGN_OR_RETURN(Types types,
                        InferBody(product, in.subspan(2, body_extras), attrs.Function("body").get(), "body"));
  const TensorType sums{product.dtype, Shape{product.shape[1]}};
  WEFT_ASSIGN_OR_RETURN(Types sum_types,
                        InferBody(sums, in.subspan(2 + body_extras), attrs.Function("sum_body").get(), "sum_body"));
  for (TensorType& type : sum_types) types.push_back(std::move(type));
  return types;
}

absl::Status UpdateReference(ReferenceArgs& args) {
  const RefTensor &a = args.inputs[0], &b = args.inputs[1];
  WEFT_ASSIGN_OR_RETURN(const int64_t body_extras, NumBodyExtras(args.inputs.size(), args.attrs));
  const Graph &body = *args.attrs.Function("body"), &sum_body = *args.attrs.Function("sum_body");
  const size_t body_outputs = body.outputs().size();

  std::vector<RefTensor> inputs(1);
  WEFT_RETURN_IF_ERROR(ReferenceProduct(a, b, args.attrs, /*round=*/true, &inputs[0]));
  const Dims dims = inputs[0].dims;
  for (const RefTensor& extra : args.inputs.subspan(2, body_extras)) inputs.push_back(extra);
  WEFT_RETURN_IF_ERROR(RunBodyReference(body, inputs, dims, args.outputs.subspan(0, body_outputs)));

  // The sums are the product of a row of ones and b.
  RefTensor ones = a;
  ones.dims = {b.dims[0], 1};
  ones.f.assign(a.is_float() ? b.dims[0] : 0, 1.0);
  ones.i.assign(a.is_float() ? 0 : b.dims[0], 1);
  std::vector<RefTensor> sum_inputs(1);
  WEFT_RETURN_IF_ERROR(ReferenceProduct(ones, b, args.attrs, /*round=*/true, &sum_inputs[0]));
  sum_inputs[0].dims = {b.dims[1]};
  for (const RefTensor& extra : args.inputs.subspan(2 + body_extras)) sum_inputs.push_back(extra);
  return RunBodyReference(sum_body, sum_inputs, {b.dims[1]}, args.outputs.subspan(body_outputs));
}

OpDef FusedOp(const char* name, std::string doc) {
  OpDef def;
  def.name = name;
  def.family = "dense";
  def.doc = std::move(doc);
  def.inputs = {"a", "b", "extras..."};
  def.attrs = ProductAttrs();
  def.attrs.push_back({"body", AttrKind::kFunction, std::nullopt,
                       "A function over scalars: input 0 is an element of the product, the others one of each extra."});
  def.is_fused = true;
  def.accepts_layout = AcceptsLayout;
  def.flops = Flops;
  return def;
}

}  // namespace

bool AcceptsLayout(int input, Layout layout, const AttrMap& attrs) {
  if (layout != Layout::kPanels64) return layout == Layout::kRowMajor;
  if (attrs.Find("sum_body") != nullptr) return input >= 2 && input < 2 + attrs.Int("num_body_extras");
  return input >= 1;
}

double Flops(absl::Span<const ConcreteType> inputs, absl::Span<const ConcreteType>, const AttrMap& attrs) {
  absl::StatusOr<ProductDims> dims = MakeProductDims(inputs[0].dims, inputs[1].dims, attrs);
  if (!dims.ok()) return 0;
  const double elements = static_cast<double>(dims->m * dims->n * dims->products());
  const GraphPtr &body = attrs.Function("body"), &sum_body = attrs.Function("sum_body");
  double flops = dims->flops();
  if (body != nullptr) flops += elements * body->num_nodes();
  if (sum_body != nullptr) flops += static_cast<double>(dims->n) * static_cast<double>(dims->k + sum_body->num_nodes());
  return flops;
}

OpDef MatMulEpilogueOp() {
  OpDef def =
      FusedOp(kMatMulEpilogueOp,
              "matmul and an elementwise program on its result: y = body(a b, extras...), one output per output "
              "of the body, each of the product's shape. Extras broadcast to it; an extra of the full shape may "
              "lie in kPanels64, and then the outputs do. The same bits as the separate ops.");
  def.infer = InferEpilogue;
  def.reference = EpilogueReference;
  def.kernel = MakeMatMulKernel;
  return def;
}

OpDef DenseUpdateOp() {
  OpDef def =
      FusedOp(kDenseUpdateOp,
              "A weight's gradient a^T b and a bias' gradient, the sum of b's rows, with what is done with each: "
              "body(a^T b, extras...), [m, n], then sum_body(sum over rows of b, extras...), [n]. a: [k, m], b: "
              "[k, n]; transpose_a, chunk 256. The same bits as matmul, reduce_sum and the separate ops.");
  def.attrs.push_back({"sum_body", AttrKind::kFunction, std::nullopt, "The same for the sums of b's rows."});
  def.attrs.push_back(
      {"num_body_extras", AttrKind::kInt, std::nullopt, "How many extras are body's; the rest are sum_body's."});
  def.infer = InferUpdate;
  def.reference = UpdateReference;
  def.kernel = MakeDenseUpdateKernel;
  return def;
}

}  // namespace weft::dense
