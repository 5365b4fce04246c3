// The cases of the harness over all layers (layers_test.cc): one or more for each class, in a file per group.
#ifndef WEFT_MODELS_LAYERS_LAYERS_CASES_H_
#define WEFT_MODELS_LAYERS_LAYERS_CASES_H_

#include <functional>
#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct LayerCase {
  std::string name;
  std::function<LayerRef()> make;
  std::vector<int64_t> input;   // of a sample
  std::vector<int64_t> output;  // of a sample
  int64_t weights = 0;          // tensors
  int64_t params = 0;
  DType dtype = DType::kFloat32;
  // Of a layer of several inputs: their shapes, into which `input` is cut; `output` is flat, too.
  std::vector<std::vector<int64_t>> pieces = {};
  // The same, for layers that are recorded without a model: the shapes of the other inputs' samples.
  std::vector<std::vector<int64_t>> more_inputs = {};
};

std::vector<LayerCase> ActivationLayerCases();
std::vector<LayerCase> MergingLayerCases();
std::vector<LayerCase> NoiseLayerCases();
std::vector<LayerCase> NormalizationLayerCases();
std::vector<LayerCase> ReshapingLayerCases();
// Convolutions, poolings, padding, cropping, up-sampling.
void AddSpatialCases(std::vector<LayerCase>& cases);

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_LAYERS_CASES_H_
