#include "ops/elementwise/tile_f32.h"

namespace weft {

const TileF32Table& TileF32Baseline() {
  static constexpr TileF32Table kTable = tile::MakeTable<simd::Baseline>();
  return kTable;
}

}  // namespace weft
