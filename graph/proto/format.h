// What writer and reader of the graph file share.
#ifndef WEFT_GRAPH_PROTO_FORMAT_H_
#define WEFT_GRAPH_PROTO_FORMAT_H_

#include <cstdint>

namespace weft {

// As a fixed32 of field 1: the file begins with 0d 57 45 46 54, "\rWEFT".
inline constexpr uint32_t kMagic = 0x54464557;
inline constexpr char kMagicBytes[] = "\x0dWEFT";

}  // namespace weft

#endif  // WEFT_GRAPH_PROTO_FORMAT_H_
