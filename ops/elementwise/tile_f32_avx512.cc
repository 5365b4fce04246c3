#include "ops/elementwise/tile_f32.h"

namespace weft {

const TileF32Table& TileF32Avx512() {
  static constexpr TileF32Table kTable = tile::MakeTable<simd::Avx512>();
  return kTable;
}

}  // namespace weft
