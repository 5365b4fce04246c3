// Random orthogonal matrices (Saxe, McClelland and Ganguli, arXiv:1312.6120).
#ifndef WEFT_MODELS_INITIALIZERS_ORTHOGONAL_H_
#define WEFT_MODELS_INITIALIZERS_ORTHOGONAL_H_

#include <cstdint>
#include <optional>

#include "models/initializers/initializer.h"

namespace weft {
namespace initializers {

struct OrthogonalOptions {
  double gain = 1;
  std::optional<int64_t> seed = {};  // none: the model's
};

// A weight of shape [..., columns] as a matrix [rows, columns], rows being the product of the other dims: gain times a
// matrix with orthonormal columns, or where there are fewer rows than columns orthonormal rows, uniformly distributed
// over all such matrices (Haar measure). At least two dims.
//
// It is Q of the QR decomposition of a matrix of normal random numbers, R having a positive diagonal (which makes Q
// uniform, and is what Keras' sign(diag(R)) does). Computed in the graph by Gram-Schmidt orthogonalisation, twice for
// each vector: a Scan over the min(rows, columns) vectors.
class Orthogonal final : public Initializer {
 public:
  explicit Orthogonal(OrthogonalOptions options = {}) : options_(options) {}
  absl::string_view class_name() const override { return "Orthogonal"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  Value Record(GraphBuilder& builder, Value key, Value step, const TensorType& type) const override;

 private:
  OrthogonalOptions options_;
};

}  // namespace initializers

using initializers::Orthogonal;

}  // namespace weft

#endif  // WEFT_MODELS_INITIALIZERS_ORTHOGONAL_H_
