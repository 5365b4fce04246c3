#include "models/layers/layers.h"
#include "models/layers/layers_cases.h"

namespace weft {

std::vector<LayerCase> NoiseLayerCases() {
  return {
      {"AlphaDropout", [] { return AlphaDropout(0.3); }, {4, 3}, {4, 3}},
      {"AlphaDropoutShape",
       [] {
         return AlphaDropout({.rate = 0.3, .noise_shape = {{-1, 1, 3}}, .seed = 4});
       },
       {4, 3},
       {4, 3}},
      {"Dropout", [] { return Dropout(0.4); }, {4, 3}, {4, 3}},
      {"DropoutSeeded", [] { return Dropout({.rate = 0.5, .seed = 7}); }, {4}, {4}},
      {"DropoutNothing", [] { return Dropout(0.0); }, {4}, {4}},
      {"DropoutShape",
       [] {
         return Dropout({.rate = 0.5, .noise_shape = {{-1, 1, -1}}});
       },
       {4, 3},
       {4, 3}},
      {"GaussianDropout", [] { return GaussianDropout(0.3); }, {4, 3}, {4, 3}},
      {"GaussianNoise", [] { return GaussianNoise(0.3); }, {4, 3}, {4, 3}},
      {"GaussianNoiseSeeded", [] { return GaussianNoise({.stddev = 0.3, .seed = 2}); }, {4}, {4}},
      {"SpatialDropout1D", [] { return SpatialDropout1D(0.3); }, {4, 3}, {4, 3}},
      {"SpatialDropout2D", [] { return SpatialDropout2D(0.3); }, {4, 3, 2}, {4, 3, 2}},
      {"SpatialDropout2DFirst",
       [] { return SpatialDropout2D({.rate = 0.5, .data_format = "channels_first", .seed = 1}); },
       {4, 3, 2},
       {4, 3, 2}},
  };
}

}  // namespace weft
