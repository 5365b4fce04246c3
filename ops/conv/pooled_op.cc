// conv2d_max_pool2d: type and reference.
#include <cmath>
#include <utility>

#include "core/status.h"
#include "graph/exec/reference.h"
#include "ops/conv/conv.h"
#include "ops/conv/conv_kernel.h"
#include "ops/conv/conv_type.h"
#include "ops/conv/op_defs.h"
#include "ops/dense/product_type.h"
#include "ops/elementwise/body.h"

namespace weft::conv {
namespace {

using Types = std::vector<TensorType>;

absl::StatusOr<Types> Infer(absl::Span<const TensorType> in, const AttrMap& attrs) {
  WEFT_ASSIGN_OR_RETURN(const TensorType result, InferConv(in[0], in[1], attrs));
  WEFT_ASSIGN_OR_RETURN(Types types, dense::InferBody(result, in.subspan(2), attrs.Function("body").get(), "body"));
  if (types.size() != 1 || types[0].dtype != result.dtype) {
    return InvalidArgument("body has ", types.size(), " outputs, expected one of dtype ", Name(result.dtype));
  }
  for (const TensorType& extra : in.subspan(2)) {
    for (int axis = 0; axis + 1 < extra.rank(); ++axis) {
      if (extra.shape[axis] != Dim(1)) {
        return InvalidArgument("operand ", extra.ToString(), " of body: expected one row of columns, or one element");
      }
    }
  }
  for (int i : {1, 2}) {
    const Dim& size = types[0].shape[i];
    if (size.is_constant() && size.value() < 2) {
      return InvalidArgument("the convolution gives ", result.ToString(), ", expected room for windows of 2 x 2");
    }
  }
  TensorType pooled{types[0].dtype, PooledShape(types[0].shape)};
  if (attrs.Bool("winners")) {
    if (attrs.Bool("keep")) return InvalidArgument("keep and winners are both true, expected one of them at most");
    return Types{{DType::kUInt8, pooled.shape}, pooled};
  }
  if (!attrs.Bool("keep")) return Types{std::move(pooled)};
  types.push_back(std::move(pooled));
  return types;
}

absl::Status Reference(ReferenceArgs& args) {
  const RefTensor &x = args.inputs[0], &kernel = args.inputs[1];
  RefTensor& pooled = args.outputs.back();
  const bool keep = args.attrs.Bool("keep"), winners = args.attrs.Bool("winners");
  // The rows and columns that are not pooled are of no matter unless they are kept.
  Dims dims =
      keep ? args.outputs[0].dims : Dims{pooled.dims[0], 2 * pooled.dims[1], 2 * pooled.dims[2], kernel.dims[3]};
  std::vector<RefTensor> inputs(1), results(1);
  ReferenceConv(MakeConvDims(x.dims, kernel.dims, dims, args.attrs), x, kernel, /*round=*/true, &inputs[0]);
  for (const RefTensor& extra : args.inputs.subspan(2)) inputs.push_back(extra);
  results[0].dtype = x.dtype;
  WEFT_RETURN_IF_ERROR(RunBodyReference(*args.attrs.Function("body"), inputs, dims, absl::MakeSpan(results)));
  const RefTensor& y = results[0];
  const int64_t row = dims[2] * dims[3], columns = dims[3];
  int64_t to = 0;
  for (int64_t n = 0; n < dims[0]; ++n) {
    for (int64_t i = 0; i < pooled.dims[1]; ++i) {
      for (int64_t j = 0; j < pooled.dims[2]; ++j) {
        for (int64_t c = 0; c < columns; ++c) {
          const int64_t at = (n * dims[1] + 2 * i) * row + 2 * j * columns + c;
          const int64_t places[] = {at, at + columns, at + row, at + row + columns};
          int64_t first = 0;
          for (int64_t k : {1, 2, 3}) {
            if (y.f[places[k]] > y.f[places[first]] || std::isnan(y.f[places[k]])) first = k;
          }
          pooled.f[to] = y.f[places[first]];
          if (winners) args.outputs[0].i[to] = pooled.f[to] > 0 ? first : 4;
          ++to;
        }
      }
    }
  }
  if (keep) args.outputs[0] = std::move(results[0]);
  return absl::OkStatus();
}

}  // namespace

OpDef Conv2DMaxPoolOp() {
  OpDef def;
  def.name = kConv2DMaxPoolOp;
  def.family = "conv";
  def.doc =
      "conv2d_epilogue with a body of one output, y, and max_pool2d of y with windows and strides of 2 and no padding: "
      "y (if keep) or the places of "
      "the first maxima that are greater than 0 (u8, if winners; 4 where there is none), and the maxima. The extras "
      "broadcast along all axes but the last. The same bits as the separate ops.";
  def.inputs = {"x", "kernel", "extras..."};
  def.attrs = ConvAttrs();
  def.attrs.push_back({"body", AttrKind::kFunction, std::nullopt,
                       "A function over scalars: input 0 is an element of the convolution, the others one of each "
                       "extra."});
  def.attrs.push_back({"keep", AttrKind::kBool, std::nullopt, "Whether the body's output is a result, too."});
  def.attrs.push_back({"winners", AttrKind::kBool, false, "Whether the places of the maxima are a result, too."});
  def.is_fused = true;
  def.infer = Infer;
  def.reference = Reference;
  def.kernel = MakePooledConvKernel;
  def.flops = [](absl::Span<const ConcreteType> in, absl::Span<const ConcreteType> out, const AttrMap& attrs) {
    Dims y = out[0].dims;  // the winners have the dims of the maxima
    if (!attrs.Bool("keep")) y[1] *= 2, y[2] *= 2;
    return MakeConvDims(in[0].dims, in[1].dims, y, attrs).flops();
  };
  return def;
}

}  // namespace weft::conv
