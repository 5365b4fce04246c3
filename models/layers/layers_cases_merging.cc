#include "models/layers/layers.h"
#include "models/layers/layers_cases.h"

namespace weft {
namespace {

LayerCase Case(std::string name, std::function<LayerRef()> make, std::vector<std::vector<int64_t>> inputs,
               std::vector<int64_t> output) {
  LayerCase c;
  c.name = std::move(name);
  c.make = std::move(make);
  c.input = inputs[0];
  c.output = std::move(output);
  c.more_inputs.assign(inputs.begin() + 1, inputs.end());
  return c;
}

}  // namespace

std::vector<LayerCase> MergingLayerCases() {
  return {
      Case("Add", [] { return Add(); }, {{4}, {4}, {4}}, {4}),
      Case("AddRanks", [] { return Add(); }, {{4}, {3, 4}}, {3, 4}),
      Case("Average", [] { return Average(); }, {{3, 4}, {1, 4}}, {3, 4}),
      Case("Maximum", [] { return Maximum(); }, {{3, 4}, {3, 4}, {3, 1}}, {3, 4}),
      Case("Minimum", [] { return Minimum(); }, {{4}, {4}}, {4}),
      Case("Multiply", [] { return Multiply(); }, {{3, 1}, {1, 4}}, {3, 4}),
      Case("Subtract", [] { return Subtract(); }, {{4}, {1}}, {4}),
      Case("Concatenate", [] { return Concatenate(); }, {{2, 4}, {2, 3}, {2, 1}}, {2, 8}),
      Case("ConcatenateSteps", [] { return Concatenate({.axis = 1}); }, {{2, 4}, {5, 4}}, {7, 4}),
      Case("Dot", [] { return Dot({.axes = {1}}); }, {{4}, {4}}, {1}),
      Case("DotAxes",
           [] {
             return Dot({.axes = {2, 1}, .normalize = true});
           },
           {{3, 4}, {4, 5}}, {3, 5}),
      Case("DotRanks",
           [] {
             return Dot({.axes = {2, -2}});
           },
           {{3, 4, 2}, {2, 4, 5}}, {3, 2, 2, 5}),
  };
}

}  // namespace weft
