// The safetensors format (huggingface/safetensors): 8 bytes with the length of the header (little-endian), the header
// in JSON, the tensors' bytes one after the other.
//
//   {"__metadata__": {"key": "value"}, "name": {"dtype": "F32", "shape": [2,3], "data_offsets": [0,24]}, ...}
//
// Read here are the dtypes F32 F64 I32 I64 U8 BOOL; row-major, little-endian. The format's rules are enforced: a header
// of at most 100 MB that begins with '{', no name twice, offsets that fit shape and dtype, no overlap, no hole, nothing
// behind the last tensor.
#ifndef WEFT_GRAPH_PROTO_SAFETENSORS_H_
#define WEFT_GRAPH_PROTO_SAFETENSORS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/tensor.h"

namespace weft {

inline constexpr int64_t kMaxSafetensorsHeader = 100'000'000;

using NamedTensor = std::pair<std::string, Tensor>;

struct Safetensors {
  std::vector<NamedTensor> tensors;                    // in the order of their bytes
  absl::btree_map<std::string, std::string> metadata;  // "__metadata__"
};

// One entry of the header: the tensor's bytes are [begin, end) of the file.
struct SafetensorsEntry {
  std::string name;
  DType dtype = DType::kFloat32;
  Dims dims;
  int64_t begin = 0, end = 0;
};
struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  // in the order of their bytes
  absl::btree_map<std::string, std::string> metadata;
};

// Checks everything but the values of bools. InvalidArgument says what is wrong; Unimplemented for a dtype of the
// format that Weft does not have. Memory is bounded by a constant times the header's length.
absl::StatusOr<SafetensorsHeader> ReadSafetensorsHeader(absl::string_view file);

// The same with the tensors, copied out of `file`.
absl::StatusOr<Safetensors> ReadSafetensors(absl::string_view file);

// The bytes of a file. Canonical: the tensors stand in order of decreasing element size, then of their names (so every
// one is aligned to its elements), the header is padded with spaces to a multiple of 8 and has no other blanks; equal
// contents give equal bytes. InvalidArgument: a name twice, one that is not UTF-8 or is "__metadata__", a header past
// the limit.
absl::StatusOr<std::string> WriteSafetensors(absl::Span<const NamedTensor> tensors,
                                             const absl::btree_map<std::string, std::string>& metadata = {});

}  // namespace weft

#endif  // WEFT_GRAPH_PROTO_SAFETENSORS_H_
