#include "models/layers/layers.h"
#include "models/layers/layers_cases.h"

namespace weft {

std::vector<LayerCase> NormalizationLayerCases() {
  return {
      {"BatchNormalization", [] { return BatchNormalization(); }, {4}, {4}, 4, 16},
      {"BatchNormalizationImages", [] { return BatchNormalization({.momentum = 0.9}); }, {3, 4, 5}, {3, 4, 5}, 4, 20},
      {"BatchNormalizationAxis",
       [] { return BatchNormalization({.axis = 1, .epsilon = 0.1, .scale = false}); },
       {3, 4},
       {3, 4},
       3,
       9},
      {"BatchNormalizationPlain",
       [] { return BatchNormalization({.center = false, .scale = false, .moving_mean_initializer = "ones"}); },
       {4},
       {4},
       2,
       8},
      {"GroupNormalization", [] { return GroupNormalization({.groups = 2}); }, {3, 4, 6}, {3, 4, 6}, 2, 12},
      {"GroupNormalizationInstance", [] { return GroupNormalization({.groups = -1}); }, {5, 4}, {5, 4}, 2, 8},
      {"GroupNormalizationAxis",
       [] { return GroupNormalization({.groups = 3, .axis = 1, .center = false}); },
       {6, 4},
       {6, 4},
       1,
       6},
      {"LayerNormalization", [] { return LayerNormalization(); }, {3, 4}, {3, 4}, 2, 8},
      {"LayerNormalizationAxes",
       [] {
         return LayerNormalization({.axis = {-1, 1}, .epsilon = 0.1, .gamma_initializer = "he_normal"});
       },
       {3, 4},
       {3, 4},
       2,
       24},
      {"LayerNormalizationPlain", [] { return LayerNormalization({.center = false, .scale = false}); }, {4}, {4}},
      {"RMSNormalization", [] { return RMSNormalization(); }, {3, 4}, {3, 4}, 1, 4},
      {"RMSNormalizationAxes",
       [] {
         return RMSNormalization({.axis = {1, 2}, .epsilon = 0.1});
       },
       {3, 4},
       {3, 4},
       1,
       12},
      {"UnitNormalization", [] { return UnitNormalization(); }, {3, 4}, {3, 4}},
      {"UnitNormalizationAxes",
       [] {
         return UnitNormalization({.axis = {1, 2}});
       },
       {3, 4},
       {3, 4}},
  };
}

}  // namespace weft
