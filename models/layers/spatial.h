// What the layers over sequences [batch, steps, channels] and images [batch, height, width, channels] share: sizes per
// axis, Keras' paddings, and checks. A sequence is recorded as an image of height 1.
#ifndef WEFT_MODELS_LAYERS_SPATIAL_H_
#define WEFT_MODELS_LAYERS_SPATIAL_H_

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "models/layers/layer.h"

namespace weft {

// One number for all spatial axes, or one for each: Keras' int or tuple. Empty: not given.
struct Sizes {
  Sizes() = default;
  Sizes(int64_t all) : values{all} {}                               // NOLINT: .kernel_size = 3
  Sizes(int all) : values{all} {}                                   // NOLINT
  Sizes(std::initializer_list<int64_t> values) : values(values) {}  // NOLINT: .kernel_size = {3, 5}
  std::vector<int64_t> values = {};
};

// What is added to, or cut from, the two ends of an axis.
struct Ends {
  int64_t low = 0, high = 0;
};

// The same for height and width: one number for all four, one for each axis, or all ((top, bottom), (left, right)).
struct ImageEnds {
  ImageEnds() = default;
  ImageEnds(int64_t all) : rows{all, all}, columns{all, all} {}                              // NOLINT: .padding = 1
  ImageEnds(int all) : ImageEnds(static_cast<int64_t>(all)) {}                               // NOLINT
  ImageEnds(int64_t height, int64_t width) : rows{height, height}, columns{width, width} {}  // .padding = {1, 2}
  ImageEnds(Ends height, Ends width) : rows(height), columns(width) {}  // .padding = {{1, 2}, {0, 3}}
  Ends rows = {}, columns = {};
};

// A list with one number for each of `rank` axes, where one stood for all.
void ExpandSizes(Sizes& sizes, int rank);
// The option as a list with one number for each axis; absent (null) where empty.
void VisitSizes(ConfigVisitor& visitor, absl::string_view name, int rank, Sizes& sizes);
void VisitOptionalSizes(ConfigVisitor& visitor, absl::string_view name, int rank, Sizes& sizes);
// The option as Keras' ((low, high), (low, high)).
void VisitImageEnds(ConfigVisitor& visitor, absl::string_view name, ImageEnds& ends);

// InvalidArgument unless there is a number for each axis, each at least `least`.
absl::Status CheckSizes(absl::string_view name, const Sizes& sizes, int rank, int64_t least);
// The same for the two ends of a sequence: {before, behind}, or one number for both.
absl::Status CheckSizePair(absl::string_view name, const Sizes& ends);
absl::Status CheckEnds(absl::string_view name, const Ends& ends);

// One input of the form that `rank` (1: sequences, 2: images) says. An error says how to get there.
absl::Status ExpectSpatialInput(absl::Span<const TensorType> inputs, int rank);
absl::Status ExpectSpatialFloatInput(absl::Span<const TensorType> inputs, int rank);

// Keras' padding, per axis.
struct SpatialPadding {
  std::vector<int64_t> low, high;
};
// "valid": none; what `what` ("kernel", "pool") covers of an axis, its extent, must then fit. "same": as TensorFlow, so
// that there are ceil(size / stride) results, the odd element behind. "causal" (where allowed): extent - 1 before.
absl::StatusOr<SpatialPadding> ResolvePadding(const std::string& padding, bool causal_allowed, absl::string_view what,
                                              const TensorType& input, absl::Span<const int64_t> extents,
                                              absl::Span<const int64_t> strides);
// InvalidArgument, with the nearest name, unless it is one of those above.
absl::Status CheckPaddingName(const std::string& padding, bool causal_allowed);

// [n, t, c] as [n, 1, t, c], and back. What has another rank is left as it is.
Value AsImage(Value sequence);
Value AsSequence(Value image);
// (v) as (height_value, v): options of a sequence as those of its image.
std::vector<int64_t> AsPair(const std::vector<int64_t>& values, int64_t height_value);

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_SPATIAL_H_
