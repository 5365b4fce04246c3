#include "models/layers/layers.h"
#include "models/layers/layers_cases.h"

namespace weft {

std::vector<LayerCase> ActivationLayerCases() {
  return {
      {"ELU", [] { return ELU(); }, {5}, {5}},
      {"ELUOptions", [] { return ELU(0.5); }, {5, 2}, {5, 2}},
      {"LeakyReLU", [] { return LeakyReLU(); }, {5}, {5}},
      {"LeakyReLUOptions", [] { return LeakyReLU(0.1); }, {5, 2}, {5, 2}},
      {"PReLU", [] { return PReLU(); }, {5, 3}, {5, 3}, 1, 15},
      {"PReLUShared",
       [] {
         return PReLU({.alpha_initializer = "he_normal", .shared_axes = {{1, 2}}});
       },
       {4, 5, 3},
       {4, 5, 3},
       1,
       3},
      {"ReLU", [] { return ReLU(); }, {5}, {5}},
      {"ReLUOptions", [] { return ReLU({.max_value = 0.5, .negative_slope = 0.1, .threshold = 0.2}); }, {5, 2}, {5, 2}},
      {"Softmax", [] { return Softmax(SoftmaxOptions{}); }, {5}, {5}},
      {"SoftmaxAxes",
       [] {
         return Softmax(SoftmaxOptions{.axis = {1, 2}});
       },
       {5, 2, 3},
       {5, 2, 3}},
  };
}

}  // namespace weft
