// Input({.shape = {28, 28}, .dtype = DType::kUInt8}): what a model is fed with. First in a Sequential, or left out:
// then the first data decide the shape.
#ifndef WEFT_MODELS_LAYERS_INPUT_H_
#define WEFT_MODELS_LAYERS_INPUT_H_

#include <optional>
#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct InputOptions {
  std::vector<int64_t> shape = {};  // without the batch dim; each dim is at least 1
  DType dtype = DType::kFloat32;    // as data lie in memory; other data are converted while batches are made
  std::string name = "";
  // Set: all batches have so many samples, no partial ones. Stateful recurrence needs it.
  std::optional<int64_t> batch_size = {};
};

class InputLayer final : public Layer {
 public:
  explicit InputLayer(InputOptions options = {});
  absl::string_view class_name() const override { return "InputLayer"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;

  const InputOptions& options() const { return options_; }
  // [batch, shape...], the first dim being the symbol "batch" or batch_size; InvalidArgument for a dim below 1.
  absl::StatusOr<TensorType> type() const;

 private:
  InputOptions options_;
};

inline InputLayer Input(InputOptions options) { return InputLayer(std::move(options)); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_INPUT_H_
