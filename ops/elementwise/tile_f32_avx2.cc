#include "ops/elementwise/tile_f32.h"

namespace weft {

const TileF32Table& TileF32Avx2() {
  static constexpr TileF32Table kTable = tile::MakeTable<simd::Avx2>();
  return kTable;
}

}  // namespace weft
