// How the elements of a tensor lie in memory. Logical contents never depend on it; Get, Set and Save speak row-major.
#ifndef WEFT_CORE_LAYOUT_H_
#define WEFT_CORE_LAYOUT_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/dtype.h"

namespace weft {

enum class Layout : uint8_t {
  kRowMajor,
  // A rank-2 tensor [k, n] as ceil(n / 64) panels, one after the other; a panel holds k rows of 64 consecutive columns.
  // Columns past n are present and hold 0; every update of such a tensor must keep them 0 or never read them into a
  // result.
  kPanels64,
};

inline constexpr int64_t kPanelWidth = 64;

absl::string_view Name(Layout layout);
absl::StatusOr<Layout> ParseLayout(absl::string_view name);

// Elements that storage holds, padding included. InvalidArgument for dims that the layout cannot hold, or too many
// elements.
absl::StatusOr<int64_t> StorageElements(absl::Span<const int64_t> dims, Layout layout);

// Bytes rounded up to a multiple of 64, so that a whole vector at the end stays inside.
absl::StatusOr<int64_t> StorageBytes(DType dtype, absl::Span<const int64_t> dims, Layout layout);

// Copies row-major elements into `layout` (padding set to zero bytes, the rounding up to 64 included), and back. `to`
// has StorageBytes(...) bytes, resp. those of the row-major elements alone. REQUIRES: StorageBytes(dtype, dims, layout)
// ok.
void PackLayout(DType dtype, absl::Span<const int64_t> dims, Layout layout, const void* from, void* to);
void UnpackLayout(DType dtype, absl::Span<const int64_t> dims, Layout layout, const void* from, void* to);

}  // namespace weft

#endif  // WEFT_CORE_LAYOUT_H_
