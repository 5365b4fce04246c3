// Layers recorded outside a model, for tests: weights are inputs of the function, a layer may have several inputs, and
// what it does in training can be looked at alone.
#ifndef WEFT_MODELS_LAYERS_TESTING_RECORD_LAYER_H_
#define WEFT_MODELS_LAYERS_TESTING_RECORD_LAYER_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/tensor.h"
#include "graph/exec/target.h"
#include "models/layers/layer.h"

namespace weft {

struct RecordLayerOptions {
  bool training = false;
  std::vector<Value> masks = {};            // of the inputs
  std::string weight_prefix = "";           // before the names of the functions' inputs that are weights
  Value random_key = {}, random_step = {};  // i64 scalars; absent: 1
};

struct RecordedWeight {
  std::string name;
  Value value;  // an input of the function, f32
  bool trainable = true;
  std::string kind;
  InitializerRef initializer;
};

struct RecordedLayer {
  std::vector<Value> outputs;
  std::vector<Value> masks;                            // one per output; absent: none
  std::vector<RecordedWeight> weights;                 // in the order of declaration, Keras'
  std::vector<std::pair<std::string, Value>> updates;  // by CallContext::Update (in training) and UpdateState
  std::vector<Value> losses;
};

// Builds the layer for inputs of these types and calls it. Activations and ops are those of AllOps().
absl::StatusOr<RecordedLayer> RecordLayer(GraphBuilder& builder, Layer& layer, absl::Span<const Value> inputs,
                                          const RecordLayerOptions& options = {});

// Optimizes the graph, compiles it for `target` and runs it with `threads` threads (0: no pool): the path that models
// take.
absl::StatusOr<std::vector<Tensor>> RunOptimized(const GraphPtr& graph, absl::Span<const Tensor> inputs,
                                                 const Target& target = Target::Host(1), int threads = 0);

// The kernels of the optimized graph, a line each, in the order in which they run.
absl::StatusOr<std::vector<std::string>> OptimizedKernels(const GraphPtr& graph, const SymbolBindings& bindings = {});

// For "the bits never depend on it": each level of this host, alone and in 2, 3 and 8 shares whatever the size.
std::vector<Target> EveryTarget();

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_TESTING_RECORD_LAYER_H_
