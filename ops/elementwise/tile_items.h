// The values of an elementwise body on their way to a TileProgram, and the fusion of neighbours into one pass. Private
// to tile_program.cc.
#ifndef WEFT_OPS_ELEMENTWISE_TILE_ITEMS_H_
#define WEFT_OPS_ELEMENTWISE_TILE_ITEMS_H_

#include <vector>

#include "absl/types/span.h"
#include "core/cpu.h"
#include "graph/ir/op_def.h"

namespace weft {

struct TileItem {
  explicit TileItem(DType type) : dtype(type) {}

  DType dtype;
  int input = -1;                    // of the program
  const Tensor* constant = nullptr;  // neither of these: an op
  const OpDef* op = nullptr;
  const AttrMap* attrs = nullptr;
  std::vector<int> operands;  // earlier items

  // Set by FuseItems: the ops that this item runs in one pass, as ChainFirst, ChainNext ... (fewer than two: just
  // `op`); or the comparison that is its select's condition (-1: none).
  std::vector<int> chain;
  int select_if = -1;
  double cycles = 0;

  bool needed = false;
  int last_use = -1;  // the last item that reads it; meaningless for outputs
  int reg = -1;
};

// Sets `needed` and `last_use` from what the outputs need.
void MarkNeeded(std::vector<TileItem>& items, absl::Span<const int> outputs);

// Gives float32 items that are read once, by a cheap op, to that reader, which then runs both in one pass over the
// tile: (g * g) * 0.1 + m, select(y > 0, dy, 0). Each op is rounded as before, so no bit changes. What was absorbed is
// no longer needed.
void FuseItems(std::vector<TileItem>& items, absl::Span<const int> outputs);

// The kernel of an op's item, with what FuseItems made of it; fn is null if there is none.
TileKernel SelectKernel(const std::vector<TileItem>& items, int item, Isa isa);

}  // namespace weft

#endif  // WEFT_OPS_ELEMENTWISE_TILE_ITEMS_H_
