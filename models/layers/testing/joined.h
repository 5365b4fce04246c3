// For tests: a layer of several inputs or outputs, as a layer of one input and one output.
#ifndef WEFT_MODELS_LAYERS_TESTING_JOINED_H_
#define WEFT_MODELS_LAYERS_TESTING_JOINED_H_

#include <utility>
#include <vector>

#include "models/layers/nested.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"
#include "ops/shape/shape.h"

namespace weft {

struct JoinedOptions {
  LayerRef layer = {};  // an object
  // The input [batch, n] is cut into pieces of these shapes (without the batch), as many as fit. None: it is handed on.
  std::vector<std::vector<int64_t>> pieces = {};
  bool mask_zeros = false;  // pieces [batch, time, features] have masks: steps that are not all zero
};

// The outputs, flattened and joined: [batch, the sum of their sizes]. A mask is handed on with the first input.
class JoinedLayer final : public Layer {
 public:
  explicit JoinedLayer(JoinedOptions options = {}) : options_(std::move(options)) {}
  absl::string_view class_name() const override { return "Joined"; }
  void VisitConfig(ConfigVisitor&) override {}
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override {
    NestedWeights nested(weights, *options_.layer.get(), "inner");
    std::vector<TensorType> types;
    for (const Piece& piece : Pieces(inputs[0])) types.push_back(piece.type);
    return options_.layer.get()->Build(nested, types);
  }
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override {
    std::vector<Value> pieces, masks = {context.mask()};
    for (const Piece& piece : Pieces(inputs[0].type())) {
      pieces.push_back(piece.columns == 0 ? inputs[0]
                                          : Reshape(SliceAxis(inputs[0], 1, piece.begin, piece.begin + piece.columns),
                                                    piece.type.shape));
    }
    if (options_.mask_zeros) {
      masks.clear();
      for (Value piece : pieces) {
        masks.push_back(piece.rank() == 3 ? ReduceMax(NotEqual(piece, 0), {.axes = {2}}) : Value());
      }
    }
    NestedContext nested(context, *this, "inner", std::move(masks));
    std::vector<Value> outputs = options_.layer.get()->Call(nested, pieces);
    for (Value& y : outputs) y = Flatten(y);
    return {Concat(outputs, 1)};
  }

 private:
  struct Piece {
    TensorType type;
    int64_t begin = 0, columns = 0;  // of the input; 0: it itself
  };
  std::vector<Piece> Pieces(const TensorType& x) const {
    if (options_.pieces.empty()) return {{x}};
    std::vector<Piece> pieces;
    int64_t begin = 0;
    for (const std::vector<int64_t>& sample : options_.pieces) {
      Piece piece{{x.dtype, {x.shape[0]}}, begin, 1};
      for (int64_t dim : sample) {
        piece.type.shape.push_back(dim);
        piece.columns *= dim;
      }
      if (begin + piece.columns > x.shape[1].value()) break;
      begin += piece.columns;
      pieces.push_back(std::move(piece));
    }
    return pieces;
  }

  JoinedOptions options_;
};

inline JoinedLayer Joined(JoinedOptions options) { return JoinedLayer(std::move(options)); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_TESTING_JOINED_H_
