#include "models/layers/layers.h"
#include "models/layers/layers_cases.h"

namespace weft {

std::vector<LayerCase> ReshapingLayerCases() {
  return {
      {"Identity", [] { return layers::Identity(); }, {3, 2}, {3, 2}},
      {"Permute",
       [] {
         return Permute({.dims = {2, 1}});
       },
       {3, 2},
       {2, 3}},
      {"PermuteThree",
       [] {
         return Permute({.dims = {3, 1, 2}});
       },
       {3, 2, 4},
       {4, 3, 2}},
      {"RepeatVector", [] { return RepeatVector(3); }, {5}, {3, 5}},
  };
}

}  // namespace weft
