// Finds an elementwise body in the list of straight programs (straight.h). Private to tile_program.cc and tests.
#ifndef WEFT_OPS_ELEMENTWISE_STRAIGHT_MATCH_H_
#define WEFT_OPS_ELEMENTWISE_STRAIGHT_MATCH_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "ops/elementwise/tile_items.h"

namespace weft {

struct StraightBody {
  std::string text;              // as in kStraightTexts; empty for a body that cannot be one of them
  std::vector<int> inputs;       // the program's inputs, in the text's order
  std::vector<float> constants;  // in the text's order
  double cycles = 0;             // estimate per 16 elements
};

// REQUIRES: MarkNeeded was called; FuseItems was not.
StraightBody DescribeStraight(const std::vector<TileItem>& items, absl::Span<const int> outputs);

// Its place in kStraightTexts, or -1.
int FindStraight(const std::string& text);

}  // namespace weft

#endif  // WEFT_OPS_ELEMENTWISE_STRAIGHT_MATCH_H_
