#include "ops/pool/pool_type.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/status.h"

namespace weft {
namespace {

// A limit that no memory reaches, so that sums and products of these numbers cannot overflow.
constexpr int64_t kMost = int64_t{1} << 30;

absl::Status CheckPair(const AttrMap& attrs, absl::string_view name, int64_t least) {
  const std::vector<int64_t>& pair = attrs.Ints(name);
  const auto fits = [&](int64_t v) { return v >= least && v <= kMost; };
  if (pair.size() == 2 && fits(pair[0]) && fits(pair[1])) return absl::OkStatus();
  return InvalidArgument(name, " is [", absl::StrJoin(pair, ","), "], expected two numbers >= ", least,
                         ", for height and width");
}

absl::Status CheckAttrs(const AttrMap& attrs) {
  WEFT_RETURN_IF_ERROR(CheckPair(attrs, "window", 1));
  WEFT_RETURN_IF_ERROR(CheckPair(attrs, "strides", 1));
  for (const char* name : {"padding_low", "padding_high"}) {
    WEFT_RETURN_IF_ERROR(CheckPair(attrs, name, 0));
    for (int i = 0; i < 2; ++i) {
      if (attrs.Ints(name)[i] < attrs.Ints("window")[i]) continue;
      return InvalidArgument(name, " is [", absl::StrJoin(attrs.Ints(name), ","), "], expected less than the window [",
                             absl::StrJoin(attrs.Ints("window"), ","), "]: a window must meet the image");
    }
  }
  return absl::OkStatus();
}

PoolAxis AxisOf(absl::Span<const int64_t> x, absl::Span<const int64_t> y, const AttrMap& attrs, int i) {
  PoolAxis axis;
  axis.size = x[1 + i];
  axis.window = attrs.Ints("window")[i];
  axis.stride = attrs.Ints("strides")[i];
  axis.low = attrs.Ints("padding_low")[i];
  axis.windows = y[1 + i];
  return axis;
}

}  // namespace

std::vector<AttrSpec> PoolAttrs() {
  const std::vector<int64_t> zeros = {0, 0};
  return {{"window", AttrKind::kInts, std::nullopt, "Height and width of a window; 1 or more."},
          {"strides", AttrKind::kInts, std::nullopt, "From one window to the next; 1 or more."},
          {"padding_low", AttrKind::kInts, AttrValue(zeros), "Positions above and to the left of the image."},
          {"padding_high", AttrKind::kInts, AttrValue(zeros), "Positions below and to the right of the image."}};
}

absl::StatusOr<Shape> PooledShape(const TensorType& x, const AttrMap& attrs) {
  WEFT_RETURN_IF_ERROR(CheckAttrs(attrs));
  if (!IsFloat(x.dtype)) return InvalidArgument("the image is ", x.ToString(), ", expected floats");
  if (x.rank() != 4) {
    return InvalidArgument("the image is ", x.ToString(), ", expected rank 4, [batch, height, width, channels]");
  }
  Shape y = x.shape;
  for (int i = 0; i < 2; ++i) {
    const int64_t window = attrs.Ints("window")[i];
    const int64_t padding = attrs.Ints("padding_low")[i] + attrs.Ints("padding_high")[i];
    const Dim& size = x.shape[1 + i];
    if (size.is_constant() && (size.value() < 1 || size.value() + padding < window)) {
      return InvalidArgument("a window [", absl::StrJoin(attrs.Ints("window"), ","), "] does not fit into the image ",
                             x.ToString(), ", whose ", i == 0 ? "height" : "width", " with padding is ",
                             size.value() + padding);
    }
    y[1 + i] = FloorDiv(size + Dim(padding - window), attrs.Ints("strides")[i]) + 1;
  }
  return y;
}

absl::Status CheckPooled(const TensorType& x, const TensorType& dy, const AttrMap& attrs) {
  WEFT_ASSIGN_OR_RETURN(Shape shape, PooledShape(x, attrs));
  const TensorType expected{x.dtype, std::move(shape)};
  if (dy == expected) return absl::OkStatus();
  return InvalidArgument("dy is ", dy.ToString(), ", but the pooling of ", x.ToString(), " gives ",
                         expected.ToString());
}

PoolGeometry GeometryOf(absl::Span<const int64_t> x, absl::Span<const int64_t> y, const AttrMap& attrs) {
  PoolGeometry g;
  g.images = x[0];
  g.channels = x[3];
  g.rows = AxisOf(x, y, attrs, 0);
  g.columns = AxisOf(x, y, attrs, 1);
  g.disjoint = g.rows.window <= g.rows.stride && g.columns.window <= g.columns.stride && g.rows.windows > 0 &&
               g.columns.windows > 0;
  return g;
}

void ForEachPool(const PoolGeometry& g, const std::function<void(int64_t y, absl::Span<const int64_t> window)>& f) {
  std::vector<int64_t> window;
  int64_t y = 0;
  for (int64_t image = 0; image < g.images; ++image) {
    for (int64_t o = 0; o < g.rows.windows; ++o) {
      for (int64_t p = 0; p < g.columns.windows; ++p) {
        const PoolSpan rows = g.rows.Window(o), columns = g.columns.Window(p);
        for (int64_t c = 0; c < g.channels; ++c) {
          window.clear();
          for (int64_t i = rows.begin; i < rows.end; ++i) {
            for (int64_t j = columns.begin; j < columns.end; ++j) {
              window.push_back(((image * g.rows.size + i) * g.columns.size + j) * g.channels + c);
            }
          }
          f(y++, window);
        }
      }
    }
  }
}

}  // namespace weft
