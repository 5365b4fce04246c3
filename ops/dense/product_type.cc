#include "ops/dense/product_type.h"

#include <algorithm>
#include <string>

#include "core/status.h"
#include "ops/dense/dense.h"
#include "ops/elementwise/body.h"
#include "ops/elementwise/broadcast.h"

namespace weft::dense {
namespace {

Shape Leading(const Shape& shape) { return Shape(shape.dims().subspan(0, shape.rank() - 2)); }

absl::Status CheckOperand(absl::string_view name, const TensorType& type) {
  if (type.dtype == DType::kBool) return InvalidArgument(name, " is ", type.ToString(), ", expected numbers");
  if (type.rank() < 2) {
    return InvalidArgument(name, " is ", type.ToString(),
                           ", expected rank 2 or more; reshape a vector of n elements to [1,n] or [n,1]");
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<AttrSpec> ProductAttrs() {
  return {{"transpose_a", AttrKind::kBool, AttrValue(false), "a is [..., k, m]."},
          {"transpose_b", AttrKind::kBool, AttrValue(false), "b is [..., n, k]."},
          {"chunk", AttrKind::kInt, AttrValue(int64_t{0}),
           "0: one chain over k. c: chains over c consecutive k's each, added in ascending order."}};
}

absl::StatusOr<TensorType> InferProduct(const TensorType& a, const TensorType& b, const AttrMap& attrs) {
  WEFT_RETURN_IF_ERROR(CheckOperand("a", a));
  WEFT_RETURN_IF_ERROR(CheckOperand("b", b));
  if (a.dtype != b.dtype) {
    return InvalidArgument("a is ", a.ToString(), " and b ", b.ToString(), ", expected one dtype; use Cast");
  }
  if (a.layout != Layout::kRowMajor) return InvalidArgument("a is ", a.ToString(), ", expected row-major elements");
  if (attrs.Int("chunk") < 0) return InvalidArgument("chunk is ", attrs.Int("chunk"), ", expected 0 or more");
  const bool ta = attrs.Bool("transpose_a"), tb = attrs.Bool("transpose_b");
  const Dim &m = a.shape[a.rank() - (ta ? 1 : 2)], &ka = a.shape[a.rank() - (ta ? 2 : 1)];
  const Dim &n = b.shape[b.rank() - (tb ? 2 : 1)], &kb = b.shape[b.rank() - (tb ? 1 : 2)];
  if (ka != kb) {
    return InvalidArgument("the inner dimensions differ: a is ", a.ToString(), ta ? " (transposed)" : "", ", so k is ",
                           ka.ToString(), "; b is ", b.ToString(), tb ? " (transposed)" : "", ", so k is ",
                           kb.ToString());
  }
  absl::StatusOr<Shape> batch = BroadcastShapes(Leading(a.shape), Leading(b.shape));
  if (!batch.ok()) {
    return InvalidArgument("the leading dimensions of a, ", a.ToString(), ", and b, ", b.ToString(),
                           ", do not broadcast: ", batch.status().message());
  }
  TensorType y{a.dtype, *std::move(batch)};
  y.shape.push_back(m);
  y.shape.push_back(n);
  return y;
}

absl::StatusOr<std::vector<TensorType>> InferBody(const TensorType& result, absl::Span<const TensorType> extras,
                                                  const Graph* body, absl::string_view body_name) {
  if (body == nullptr) return InvalidArgument("attribute ", body_name, ": expected a function");
  WEFT_RETURN_IF_ERROR(Annotate(CheckBody(*body), body_name));
  if (body->inputs().size() != extras.size() + 1) {
    return InvalidArgument(body_name, " has ", body->inputs().size(), " inputs, expected ", extras.size() + 1,
                           ": the sum's element and one for each of the other operands");
  }
  TensorType type = result;
  for (size_t i = 0; i < body->inputs().size(); ++i) {
    const TensorType& given = i == 0 ? result : extras[i - 1];
    if (body->type(body->inputs()[i]).dtype != given.dtype) {
      return InvalidArgument("input ", i, " of ", body_name, " is ", Name(body->type(body->inputs()[i]).dtype),
                             ", got ", given.ToString());
    }
    if (i == 0) continue;
    absl::StatusOr<Shape> broadcast = BroadcastShapes(result.shape, given.shape);
    if (!broadcast.ok() || *broadcast != result.shape) {
      return InvalidArgument("operand ", given.ToString(), " of ", body_name, " does not broadcast to ",
                             result.ToString());
    }
    if (given.layout == Layout::kRowMajor) continue;
    if (given.shape != result.shape) {
      return InvalidArgument("operand ", given.ToString(), " of ", body_name, " is in layout ", Name(given.layout),
                             ", so its shape must be that of ", result.ToString());
    }
    type.layout = given.layout;
  }
  std::vector<TensorType> types;
  for (const Graph::Output& output : body->outputs()) {
    type.dtype = body->type(output.value).dtype;
    types.push_back(type);
  }
  return types;
}

absl::StatusOr<ProductDims> MakeProductDims(absl::Span<const int64_t> a, absl::Span<const int64_t> b,
                                            const AttrMap& attrs) {
  ProductDims dims;
  const bool ta = attrs.Bool("transpose_a"), tb = attrs.Bool("transpose_b");
  dims.m = a[a.size() - (ta ? 1 : 2)];
  dims.k = a[a.size() - (ta ? 2 : 1)];
  dims.n = b[b.size() - (tb ? 2 : 1)];
  const int64_t kb = b[b.size() - (tb ? 1 : 2)];
  if (dims.k != kb) return InvalidArgument("the inner dimensions are ", dims.k, " and ", kb);
  const absl::Span<const int64_t> a_batch = a.subspan(0, a.size() - 2), b_batch = b.subspan(0, b.size() - 2);
  WEFT_ASSIGN_OR_RETURN(dims.batch, BroadcastDims(a_batch, b_batch));
  dims.a_index = BroadcastIndex(a_batch, dims.batch);
  dims.b_index = BroadcastIndex(b_batch, dims.batch);
  return dims;
}

absl::Status ReferenceProduct(const RefTensor& a, const RefTensor& b, const AttrMap& attrs, bool round, RefTensor* y) {
  WEFT_ASSIGN_OR_RETURN(const ProductDims dims, MakeProductDims(a.dims, b.dims, attrs));
  const int64_t m = dims.m, n = dims.n, k = dims.k;
  const bool ta = attrs.Bool("transpose_a"), tb = attrs.Bool("transpose_b");
  const int64_t chunk = attrs.Int("chunk") == 0 ? std::max<int64_t>(k, 1) : attrs.Int("chunk");
  Dims y_dims = dims.batch;
  y_dims.push_back(m);
  y_dims.push_back(n);
  *y = ZeroRef(a.dtype, y_dims);
  for (int64_t p = 0; p < dims.products(); ++p) {
    const int64_t a0 = dims.a_index[p] * m * k, b0 = dims.b_index[p] * k * n, y0 = p * m * n;
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        double total = 0;
        uint64_t integer = 0;  // wraps
        for (int64_t l0 = 0; l0 < k; l0 += chunk) {
          double chain = 0;
          for (int64_t l = l0; l < std::min(k, l0 + chunk); ++l) {
            const int64_t at_a = a0 + (ta ? l * m + i : i * k + l), at_b = b0 + (tb ? j * k + l : l * n + j);
            if (a.is_float()) {
              chain += a.f[at_a] * b.f[at_b];
            } else {
              integer += static_cast<uint64_t>(a.i[at_a]) * static_cast<uint64_t>(b.i[at_b]);
            }
          }
          total += chain;
        }
        if (!a.is_float()) {
          y->i[y0 + i * n + j] = static_cast<int64_t>(integer);
        } else {
          y->f[y0 + i * n + j] = round && a.dtype == DType::kFloat32 ? static_cast<float>(total) : total;
        }
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace weft::dense
