#include "ops/conv/conv_type.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/status.h"
#include "ops/conv/conv.h"
#include "ops/elementwise/broadcast.h"
#include "ops/shape/recording.h"

namespace weft::conv {
namespace {

// A limit that no memory reaches, so that products of these numbers cannot overflow.
constexpr int64_t kMost = int64_t{1} << 30;

std::string PairToString(const std::vector<int64_t>& pair) { return absl::StrCat("[", absl::StrJoin(pair, ","), "]"); }

absl::Status CheckPair(const AttrMap& attrs, absl::string_view name, int64_t least) {
  const std::vector<int64_t>& pair = attrs.Ints(name);
  const auto fits = [&](int64_t v) { return v >= least && v <= kMost; };
  if (pair.size() == 2 && fits(pair[0]) && fits(pair[1])) return absl::OkStatus();
  return InvalidArgument(name, " is ", PairToString(pair), ", expected two numbers >= ", least,
                         ", for height and width");
}

absl::Status CheckAttrs(const AttrMap& attrs) {
  WEFT_RETURN_IF_ERROR(CheckPair(attrs, "strides", 1));
  WEFT_RETURN_IF_ERROR(CheckPair(attrs, "dilations", 1));
  WEFT_RETURN_IF_ERROR(CheckPair(attrs, "padding_low", 0));
  WEFT_RETURN_IF_ERROR(CheckPair(attrs, "padding_high", 0));
  if (attrs.Int("groups") >= 1) return absl::OkStatus();
  return InvalidArgument("groups is ", attrs.Int("groups"), ", expected 1 or more");
}

absl::Status CheckTensor(absl::string_view name, const TensorType& type, absl::string_view form) {
  if (!IsFloat(type.dtype)) return InvalidArgument(name, " is ", type.ToString(), ", expected floats");
  if (type.rank() != 4) return InvalidArgument(name, " is ", type.ToString(), ", expected rank 4, ", form);
  return absl::OkStatus();
}
absl::Status CheckImage(absl::string_view name, const TensorType& type) {
  return CheckTensor(name, type, "[batch, height, width, channels]");
}
absl::Status CheckKernel(const TensorType& kernel) {
  WEFT_RETURN_IF_ERROR(CheckTensor("kernel", kernel, "[height, width, channels / groups, outputs]"));
  for (const Dim& dim : kernel.shape) {
    if (!dim.is_constant()) return InvalidArgument("kernel is ", kernel.ToString(), ", expected constant dims");
  }
  for (int i = 0; i < 2; ++i) {
    if (kernel.shape[i].value() >= 1 && kernel.shape[i].value() <= kMost) continue;
    return InvalidArgument("kernel is ", kernel.ToString(), ", expected a height and width of 1 or more");
  }
  return absl::OkStatus();
}

absl::Status CheckOneDType(absl::string_view a_name, const TensorType& a, absl::string_view b_name,
                           const TensorType& b) {
  if (a.dtype == b.dtype) return absl::OkStatus();
  return InvalidArgument(a_name, " is ", a.ToString(), " and ", b_name, " ", b.ToString(),
                         ", expected one dtype; use Cast");
}

// REQUIRES: checked attributes, an image and a kernel.
absl::StatusOr<Shape> ResultShape(const Shape& x, const Shape& kernel, const AttrMap& attrs) {
  const int64_t groups = attrs.Int("groups");
  const Dim &c = x[3], &group_c = kernel[2], &o = kernel[3];
  if (!c.is_constant()) return InvalidArgument("the input has ", c.ToString(), " channels, expected a constant");
  if (c.value() % groups != 0) {
    return InvalidArgument("the input's ", c.value(), " channels cannot be divided into ", groups, " groups");
  }
  if (o.value() % groups != 0) {
    return InvalidArgument("the kernel's ", o.value(), " outputs cannot be divided into ", groups, " groups");
  }
  if (c.value() / groups != group_c.value()) {
    return InvalidArgument("the kernel ", kernel.ToString(), " is for ", group_c.value(), " channels",
                           groups == 1 ? "" : absl::StrCat(" in each of ", groups, " groups"), ", but the input ",
                           x.ToString(), " has ", c.value() / groups);
  }
  Shape y{x[0]};
  for (int i = 0; i < 2; ++i) {
    const int64_t padding = attrs.Ints("padding_low")[i] + attrs.Ints("padding_high")[i];
    const int64_t extent = (kernel[i].value() - 1) * attrs.Ints("dilations")[i] + 1;
    const Dim& size = x[1 + i];
    if (size.is_constant() && size.value() + padding < extent) {
      return InvalidArgument("the kernel ", kernel.ToString(), " reaches over ", extent, " positions of the ",
                             i == 0 ? "height" : "width", ", more than the input ", x.ToString(),
                             " has with padding: ", size.value() + padding);
    }
    y.push_back(FloorDiv(size + padding - extent, attrs.Ints("strides")[i]) + 1);
  }
  y.push_back(o);
  return y;
}

// dy must be what the convolution gives.
absl::Status CheckResult(const TensorType& dy, const Shape& x, const Shape& kernel, const AttrMap& attrs) {
  WEFT_ASSIGN_OR_RETURN(const Shape y, ResultShape(x, kernel, attrs));
  if (dy.shape == y) return absl::OkStatus();
  return InvalidArgument("dy is ", dy.ToString(), ", but the convolution of ", x.ToString(), " with the kernel ",
                         kernel.ToString(), " gives ", y.ToString());
}

double Rounded(double v, bool round) { return round ? static_cast<double>(static_cast<float>(v)) : v; }

// Calls f(x's element, kernel's element, y's element) for each product, in ascending (n, i, j, a, b, c, o).
template <typename F>
void ForEachProduct(const ConvDims& d, F&& f) {
  const int64_t cg = d.group_c(), og = d.group_o();
  for (int64_t n = 0; n < d.n; ++n) {
    for (int64_t i = 0; i < d.out[0]; ++i) {
      for (int64_t j = 0; j < d.out[1]; ++j) {
        for (int64_t a = 0; a < d.kernel[0]; ++a) {
          for (int64_t b = 0; b < d.kernel[1]; ++b) {
            const int64_t h = i * d.stride[0] + a * d.dilation[0] - d.low[0];
            const int64_t w = j * d.stride[1] + b * d.dilation[1] - d.low[1];
            if (h < 0 || h >= d.in[0] || w < 0 || w >= d.in[1]) continue;
            for (int64_t c = 0; c < cg; ++c) {
              for (int64_t o = 0; o < d.o; ++o) {
                f(((n * d.in[0] + h) * d.in[1] + w) * d.c + o / og * cg + c, ((a * d.kernel[1] + b) * cg + c) * d.o + o,
                  ((n * d.out[0] + i) * d.out[1] + j) * d.o + o);
              }
            }
          }
        }
      }
    }
  }
}

}  // namespace

std::vector<AttrSpec> ConvAttrs() {
  const std::vector<int64_t> ones = {1, 1}, zeros = {0, 0};
  return {{"strides", AttrKind::kInts, AttrValue(ones), "Height, width; 1 or more."},
          {"dilations", AttrKind::kInts, AttrValue(ones), "How far apart a kernel's taps are; 1 or more."},
          {"padding_low", AttrKind::kInts, AttrValue(zeros), "Zeros above and to the left."},
          {"padding_high", AttrKind::kInts, AttrValue(zeros), "Zeros below and to the right."},
          {"groups", AttrKind::kInt, AttrValue(int64_t{1}), "Runs of channels that do not see each other."}};
}

absl::StatusOr<TensorType> InferConv(const TensorType& x, const TensorType& kernel, const AttrMap& attrs) {
  WEFT_RETURN_IF_ERROR(CheckAttrs(attrs));
  WEFT_RETURN_IF_ERROR(CheckImage("x", x));
  WEFT_RETURN_IF_ERROR(CheckKernel(kernel));
  WEFT_RETURN_IF_ERROR(CheckOneDType("x", x, "kernel", kernel));
  WEFT_ASSIGN_OR_RETURN(Shape y, ResultShape(x.shape, kernel.shape, attrs));
  return TensorType{x.dtype, std::move(y)};
}

absl::StatusOr<TensorType> InferInputGradient(const TensorType& dy, const TensorType& kernel, const AttrMap& attrs) {
  WEFT_RETURN_IF_ERROR(CheckAttrs(attrs));
  WEFT_RETURN_IF_ERROR(CheckImage("dy", dy));
  WEFT_RETURN_IF_ERROR(CheckKernel(kernel));
  WEFT_RETURN_IF_ERROR(CheckOneDType("dy", dy, "kernel", kernel));
  const TensorType x{dy.dtype, attrs.Get<Shape>("input_shape")};
  WEFT_RETURN_IF_ERROR(CheckShapeAttr("input_shape", x.shape));
  WEFT_RETURN_IF_ERROR(CheckImage("the input", x));
  WEFT_RETURN_IF_ERROR(CheckResult(dy, x.shape, kernel.shape, attrs));
  return x;
}

absl::StatusOr<TensorType> InferKernelGradient(const TensorType& x, const TensorType& dy, const AttrMap& attrs) {
  WEFT_RETURN_IF_ERROR(CheckAttrs(attrs));
  WEFT_RETURN_IF_ERROR(CheckImage("x", x));
  WEFT_RETURN_IF_ERROR(CheckImage("dy", dy));
  WEFT_RETURN_IF_ERROR(CheckOneDType("x", x, "dy", dy));
  const TensorType kernel{x.dtype, attrs.Get<Shape>("kernel_shape")};
  WEFT_RETURN_IF_ERROR(CheckShapeAttr("kernel_shape", kernel.shape));
  WEFT_RETURN_IF_ERROR(CheckKernel(kernel));
  WEFT_RETURN_IF_ERROR(CheckResult(dy, x.shape, kernel.shape, attrs));
  return kernel;
}

Dims ResultDims(absl::Span<const int64_t> x, absl::Span<const int64_t> kernel, const AttrMap& attrs) {
  Dims y = {x[0], 0, 0, kernel[3]};
  for (int i = 0; i < 2; ++i) {
    const int64_t extent = (kernel[i] - 1) * attrs.Ints("dilations")[i] + 1;
    const int64_t padding = attrs.Ints("padding_low")[i] + attrs.Ints("padding_high")[i];
    y[1 + i] = (x[1 + i] + padding - extent) / attrs.Ints("strides")[i] + 1;
  }
  return y;
}

Shape PooledShape(Shape result) {
  for (int i : {1, 2}) result[i] = FloorDiv(result[i], 2);
  return result;
}

ConvDims MakeConvDims(absl::Span<const int64_t> x, absl::Span<const int64_t> kernel, absl::Span<const int64_t> y,
                      const AttrMap& attrs) {
  ConvDims dims;
  dims.n = x[0];
  dims.c = x[3];
  dims.o = kernel[3];
  dims.groups = attrs.Int("groups");
  for (int i = 0; i < 2; ++i) {
    dims.in[i] = x[1 + i];
    dims.out[i] = y[1 + i];
    dims.kernel[i] = kernel[i];
    dims.stride[i] = attrs.Ints("strides")[i];
    dims.dilation[i] = attrs.Ints("dilations")[i];
    dims.low[i] = attrs.Ints("padding_low")[i];
  }
  return dims;
}

void ReferenceConv(const ConvDims& dims, const RefTensor& x, const RefTensor& kernel, bool round, RefTensor* y) {
  *y = ZeroRef(x.dtype, {dims.n, dims.out[0], dims.out[1], dims.o});
  ForEachProduct(dims, [&](int64_t at_x, int64_t at_k, int64_t at_y) { y->f[at_y] += x.f[at_x] * kernel.f[at_k]; });
  for (double& v : y->f) v = Rounded(v, round && x.dtype == DType::kFloat32);
}

void ReferenceInputGradient(const ConvDims& dims, const RefTensor& dy, const RefTensor& kernel, bool round,
                            RefTensor* dx) {
  *dx = ZeroRef(dy.dtype, {dims.n, dims.in[0], dims.in[1], dims.c});
  ForEachProduct(dims, [&](int64_t at_x, int64_t at_k, int64_t at_y) { dx->f[at_x] += dy.f[at_y] * kernel.f[at_k]; });
  for (double& v : dx->f) v = Rounded(v, round && dy.dtype == DType::kFloat32);
}

void ReferenceKernelGradient(const ConvDims& dims, const RefTensor& x, const RefTensor& dy, RefTensor* dk) {
  *dk = ZeroRef(x.dtype, {dims.kernel[0], dims.kernel[1], dims.group_c(), dims.o});
  ForEachProduct(dims, [&](int64_t at_x, int64_t at_k, int64_t at_y) { dk->f[at_k] += x.f[at_x] * dy.f[at_y]; });
}

}  // namespace weft::conv
