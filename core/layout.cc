#include "core/layout.h"

#include <algorithm>
#include <cstring>

#include "core/buffer.h"
#include "core/shape.h"
#include "core/status.h"

namespace weft {

absl::string_view Name(Layout layout) {
  switch (layout) {
    case Layout::kRowMajor:
      return "row_major";
    case Layout::kPanels64:
      return "panels64";
  }
  return "<invalid layout>";
}

absl::StatusOr<Layout> ParseLayout(absl::string_view name) {
  for (Layout layout : {Layout::kRowMajor, Layout::kPanels64}) {
    if (name == Name(layout)) return layout;
  }
  return InvalidArgument("unknown layout \"", name.substr(0, 32), "\", expected row_major or panels64");
}

absl::StatusOr<int64_t> StorageElements(absl::Span<const int64_t> dims, Layout layout) {
  WEFT_ASSIGN_OR_RETURN(int64_t elements, CheckedNumElements(dims));
  if (layout == Layout::kRowMajor) return elements;
  if (dims.size() != 2) return InvalidArgument("layout ", Name(layout), " holds rank 2, got dims ", DimsToString(dims));
  Dims padded = {dims[0], RoundUp(dims[1], kPanelWidth)};  // dims[1] <= kMaxElements, so no overflow
  return CheckedNumElements(padded);
}

absl::StatusOr<int64_t> StorageBytes(DType dtype, absl::Span<const int64_t> dims, Layout layout) {
  WEFT_ASSIGN_OR_RETURN(int64_t elements, StorageElements(dims, layout));
  return RoundUp(elements * SizeOf(dtype), kAlignment);  // elements <= 2^40
}

namespace {

// Calls row(logical offset, storage offset, count), in bytes, for every run of elements that lie together in both.
template <typename F>
void ForEachPanelRow(int64_t size, int64_t rows, int64_t columns, F&& row) {
  for (int64_t panel = 0; panel * kPanelWidth < columns; ++panel) {
    const int64_t first = panel * kPanelWidth;
    const int64_t count = std::min(kPanelWidth, columns - first);
    for (int64_t r = 0; r < rows; ++r) {
      row((r * columns + first) * size, (panel * rows + r) * kPanelWidth * size, count * size);
    }
  }
}

}  // namespace

void PackLayout(DType dtype, absl::Span<const int64_t> dims, Layout layout, const void* from, void* to) {
  const int64_t size = SizeOf(dtype);
  const char* source = static_cast<const char*>(from);
  char* target = static_cast<char*>(to);
  if (layout == Layout::kRowMajor) {
    const int64_t bytes = NumElements(dims) * size;
    if (bytes == 0) return;
    std::memcpy(target, source, bytes);
    std::memset(target + bytes, 0, RoundUp(bytes, kAlignment) - bytes);
    return;
  }
  ForEachPanelRow(size, dims[0], dims[1], [&](int64_t logical, int64_t storage, int64_t bytes) {
    std::memcpy(target + storage, source + logical, bytes);
    std::memset(target + storage + bytes, 0, kPanelWidth * size - bytes);
  });
}

void UnpackLayout(DType dtype, absl::Span<const int64_t> dims, Layout layout, const void* from, void* to) {
  const int64_t size = SizeOf(dtype);
  const char* source = static_cast<const char*>(from);
  char* target = static_cast<char*>(to);
  if (layout == Layout::kRowMajor) {
    const int64_t bytes = NumElements(dims) * size;
    if (bytes > 0) std::memcpy(target, source, bytes);
    return;
  }
  ForEachPanelRow(size, dims[0], dims[1], [&](int64_t logical, int64_t storage, int64_t bytes) {
    std::memcpy(target + logical, source + storage, bytes);
  });
}

}  // namespace weft
