#include "models/layers/spatial.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "graph/ir/registry.h"
#include "models/layers/layers_util.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

constexpr int64_t kMost = int64_t{1} << 30;  // so that sums and products of these numbers cannot overflow

std::string Listed(absl::Span<const int64_t> values) { return absl::StrCat("[", absl::StrJoin(values, ","), "]"); }

// What an error adds where a number is too large.
std::string AtMost(absl::Span<const int64_t> values) {
  const bool large = std::any_of(values.begin(), values.end(), [](int64_t value) { return value > kMost; });
  return large ? absl::StrCat(" and at most ", kMost) : "";
}

absl::string_view FormOf(int rank) {
  return rank == 1 ? "[batch, steps, channels]" : "[batch, height, width, channels]";
}

// "a layer Reshape({.target_shape = {28, 28, 1}}) in front makes ...", where an axis is missing and the sizes are
// known.
std::string ReshapeHint(const TensorType& input, int rank) {
  if (input.rank() != rank + 1 || input.rank() < 2) return "";
  std::vector<std::string> target;
  for (int axis = 1; axis < input.rank(); ++axis) {
    if (!input.shape[axis].is_constant()) return "";
    target.push_back(input.shape[axis].ToString());
  }
  return absl::StrCat("; a layer Reshape({.target_shape = {", absl::StrJoin(target, ", "),
                      ", 1}}) in front makes the axis of channels");
}

std::string AxisName(int axis, int rank) { return rank == 1 ? "steps" : axis == 0 ? "height" : "width"; }

absl::StatusOr<Ends> Same(const Dim& size, const std::string& name, int64_t extent, int64_t stride) {
  int64_t total = extent - 1;  // whatever the size, where the stride is 1
  if (stride > 1) {
    if (!size.is_constant()) {
      return InvalidArgument("padding 'same' with strides > 1 needs a known ", name, ", received ", size.ToString());
    }
    const int64_t n = size.value();
    total = std::max<int64_t>(((n + stride - 1) / stride - 1) * stride + extent - n, 0);
  }
  return Ends{total / 2, total - total / 2};
}

}  // namespace

void ExpandSizes(Sizes& sizes, int rank) {
  if (sizes.values.size() == 1) sizes.values.resize(static_cast<size_t>(rank), sizes.values[0]);
}

void VisitSizes(ConfigVisitor& visitor, absl::string_view name, int rank, Sizes& sizes) {
  visitor.Field(name, sizes.values);
  ExpandSizes(sizes, rank);
}

void VisitOptionalSizes(ConfigVisitor& visitor, absl::string_view name, int rank, Sizes& sizes) {
  std::optional<std::vector<int64_t>> values;
  if (!sizes.values.empty()) values = sizes.values;
  visitor.Field(name, values);
  sizes.values = values.has_value() ? *std::move(values) : std::vector<int64_t>();
  ExpandSizes(sizes, rank);
}

void VisitImageEnds(ConfigVisitor& visitor, absl::string_view name, ImageEnds& ends) {
  std::vector<std::vector<int64_t>> lists = {{ends.rows.low, ends.rows.high}, {ends.columns.low, ends.columns.high}};
  visitor.Field(name, lists);
  const auto fits = [](const std::vector<int64_t>& list) { return list.size() == 1 || list.size() == 2; };
  if (lists.size() == 1 && lists[0].size() == 1) {
    ends = ImageEnds(lists[0][0]);
  } else if (lists.size() == 2 && fits(lists[0]) && fits(lists[1])) {
    ends = ImageEnds({lists[0].front(), lists[0].back()}, {lists[1].front(), lists[1].back()});
  } else {
    visitor.Error(InvalidArgument(name, ": expected a number, (height, width) or ((top, bottom), (left, right))"));
  }
}

absl::Status CheckSizes(absl::string_view name, const Sizes& sizes, int rank, int64_t least) {
  const bool one_each = static_cast<int>(sizes.values.size()) == rank;
  const bool fit = std::all_of(sizes.values.begin(), sizes.values.end(),
                               [&](int64_t value) { return value >= least && value <= kMost; });
  if (one_each && fit) return absl::OkStatus();
  return InvalidArgument(name, " must be ", rank == 1 ? "one number" : "two numbers (height, width), or one for both,",
                         " of at least ", least, AtMost(sizes.values), "; received ", Listed(sizes.values));
}

absl::Status CheckSizePair(absl::string_view name, const Sizes& ends) {
  if (ends.values.size() == 2) return CheckEnds(name, {ends.values[0], ends.values[1]});
  return InvalidArgument(name, " must be one number, or {before, behind}; received ", Listed(ends.values));
}

absl::Status CheckEnds(absl::string_view name, const Ends& ends) {
  if (ends.low >= 0 && ends.high >= 0 && ends.low <= kMost && ends.high <= kMost) return absl::OkStatus();
  return InvalidArgument(name, " must not be negative", AtMost({ends.low, ends.high}), ", received (", ends.low, ", ",
                         ends.high, ")");
}

absl::Status ExpectSpatialInput(absl::Span<const TensorType> inputs, int rank) {
  WEFT_RETURN_IF_ERROR(ExpectOneInput(inputs));
  if (inputs[0].rank() == rank + 2) return absl::OkStatus();
  return InvalidArgument("expected an input ", FormOf(rank), ", received ", inputs[0].ToString(),
                         ReshapeHint(inputs[0], rank));
}

absl::Status ExpectSpatialFloatInput(absl::Span<const TensorType> inputs, int rank) {
  WEFT_RETURN_IF_ERROR(ExpectSpatialInput(inputs, rank));
  return ExpectOneFloatInput(inputs);
}

absl::Status CheckPaddingName(const std::string& padding, bool causal_allowed) {
  std::vector<std::string> names = {"valid", "same"};
  if (causal_allowed) names.push_back("causal");
  const std::string name = absl::AsciiStrToLower(padding);
  if (std::find(names.begin(), names.end(), name) != names.end()) return absl::OkStatus();
  if (name == "causal") {
    return InvalidArgument("padding 'causal' is for Conv1D alone; expected 'valid' or 'same'");
  }
  const std::string nearest = Nearest(name, names);
  return InvalidArgument("unknown padding '", padding, "'",
                         nearest.empty() ? "" : absl::StrCat("; did you mean '", nearest, "'?"), " (there are '",
                         absl::StrJoin(names, "', '"), "')");
}

absl::StatusOr<SpatialPadding> ResolvePadding(const std::string& padding, bool causal_allowed, absl::string_view what,
                                              const TensorType& input, absl::Span<const int64_t> extents,
                                              absl::Span<const int64_t> strides) {
  WEFT_RETURN_IF_ERROR(CheckPaddingName(padding, causal_allowed));
  const std::string name = absl::AsciiStrToLower(padding);
  const int rank = static_cast<int>(extents.size());
  SpatialPadding result;
  for (int i = 0; i < rank; ++i) {
    const Dim& size = input.shape[1 + i];
    Ends ends;
    if (size.is_constant() && size.value() < 1) {
      return InvalidArgument("the input has no ", AxisName(i, rank), ": ", input.ToString());
    }
    if (name == "same") {
      WEFT_ASSIGN_OR_RETURN(ends, Same(size, AxisName(i, rank), extents[i], strides[i]));
    } else if (name == "causal") {
      ends.low = extents[i] - 1;
    } else if (size.is_constant() && size.value() < extents[i]) {
      return InvalidArgument("the ", what, " covers ", Listed(extents), " positions, more than the input ",
                             input.ToString(), " has (", AxisName(i, rank), " ", size.value(), " < ", extents[i],
                             "); padding 'same' would fit it");
    }
    result.low.push_back(ends.low);
    result.high.push_back(ends.high);
  }
  return result;
}

Value AsImage(Value sequence) {
  if (!sequence.ok() || sequence.rank() != 3) return sequence;
  const Shape& shape = sequence.shape();
  return Reshape(sequence, {shape[0], 1, shape[1], shape[2]});
}

Value AsSequence(Value image) {
  if (!image.ok() || image.rank() != 4) return image;
  const Shape& shape = image.shape();
  return Reshape(image, {shape[0], shape[2], shape[3]});
}

std::vector<int64_t> AsPair(const std::vector<int64_t>& values, int64_t height_value) {
  if (values.size() != 1) return values;
  return {height_value, values[0]};
}

}  // namespace weft
