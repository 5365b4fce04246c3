// matmul_gates: type and reference. Its kernel is in dense_kernel.cc.
#include <utility>

#include "core/status.h"
#include "graph/exec/reference.h"
#include "ops/dense/dense.h"
#include "ops/dense/dense_kernel.h"
#include "ops/dense/op_defs.h"
#include "ops/dense/product_type.h"
#include "ops/elementwise/body.h"
#include "ops/elementwise/broadcast.h"

namespace weft::dense {
namespace {

using Types = std::vector<TensorType>;

absl::StatusOr<Types> Infer(absl::Span<const TensorType> in, const AttrMap& attrs) {
  WEFT_ASSIGN_OR_RETURN(TensorType product, InferProduct(in[0], in[1], attrs));
  const int64_t gates = attrs.Int("gates");
  const Dim n = product.shape.rank() == 2 ? product.shape[1] : Dim(0);
  if (!n.is_constant() || n.value() < 1 || gates < 2 || n.value() % gates != 0) {
    return InvalidArgument("expected a product [m, n], n a multiple of gates = ", gates, " > 1, got ",
                           product.ToString());
  }
  product.shape[1] = n.value() / gates;
  std::vector<TensorType> extras(gates - 1, product);
  for (TensorType extra : in.subspan(2)) {
    if (extra.rank() < 1 || extra.shape[extra.rank() - 1] != n) {
      extras.push_back(std::move(extra));
      continue;
    }
    extra.shape[extra.rank() - 1] = product.shape[1];
    extras.insert(extras.end(), gates, extra);
  }
  return InferBody(product, extras, attrs.Function("body").get(), "body");
}

// The columns of one gate.
RefTensor Columns(const RefTensor& x, int64_t gate, int64_t gates) {
  const int64_t n = x.dims.back(), width = n / gates;
  Dims dims = x.dims;
  dims.back() = width;
  RefTensor y = ZeroRef(x.dtype, dims);
  for (int64_t i = 0; i < y.size(); ++i) {
    const int64_t from = i / width * n + gate * width + i % width;
    x.is_float() ? y.f[i] = x.f[from] : y.i[i] = x.i[from];
  }
  return y;
}

absl::Status Reference(ReferenceArgs& args) {
  const int64_t gates = args.attrs.Int("gates");
  RefTensor product;
  WEFT_RETURN_IF_ERROR(ReferenceProduct(args.inputs[0], args.inputs[1], args.attrs, /*round=*/true, &product));
  std::vector<RefTensor> inputs;
  for (int64_t g = 0; g < gates; ++g) inputs.push_back(Columns(product, g, gates));
  const Dims dims = inputs[0].dims;
  for (const RefTensor& extra : args.inputs.subspan(2)) {
    if (extra.dims.empty() || extra.dims.back() != product.dims.back()) {
      inputs.push_back(extra);
      continue;
    }
    for (int64_t g = 0; g < gates; ++g) inputs.push_back(Columns(extra, g, gates));
  }
  return RunBodyReference(*args.attrs.Function("body"), inputs, dims, args.outputs);
}

}  // namespace

OpDef MatMulGatesOp() {
  OpDef def;
  def.name = kMatMulGatesOp;
  def.family = "dense";
  def.doc =
      "matmul, the gates of a recurrent cell on its result: the n columns of a b fall into `gates` equal parts, of "
      "which the body gets an element each, (i, j), (i, n / gates + j) ...; extras with n columns likewise, others "
      "broadcast to [m, n / gates], the shape of all results. The same bits as the separate ops.";
  def.inputs = {"a", "b", "extras..."};
  def.attrs = ProductAttrs();
  def.attrs.push_back({"gates", AttrKind::kInt, std::nullopt, "Into how many parts the columns fall."});
  def.attrs.push_back({"body", AttrKind::kFunction, std::nullopt,
                       "A function over scalars: an element of each gate, then of the extras (one per gate of those "
                       "with n columns)."});
  def.is_fused = true;
  def.infer = Infer;
  def.reference = Reference;
  def.kernel = MakeMatMulKernel;
  def.accepts_layout = [](int input, Layout layout, const AttrMap&) {
    return layout == Layout::kRowMajor || (layout == Layout::kPanels64 && input == 1);
  };
  def.flops = Flops;
  return def;
}

}  // namespace weft::dense
