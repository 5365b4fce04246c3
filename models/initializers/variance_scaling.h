// Initializers that keep the variance of activations from layer to layer: VarianceScaling and its named cases.
//
//   class           scale  mode     distribution       source
//   GlorotUniform   1      fan_avg  uniform            Glorot and Bengio, AISTATS 2010
//   GlorotNormal    1      fan_avg  truncated_normal
//   HeUniform       2      fan_in   uniform            He, Zhang, Ren and Sun, arXiv:1502.01852
//   HeNormal        2      fan_in   truncated_normal
//   LecunUniform    1      fan_in   uniform            Klambauer et al., arXiv:1706.02515
//   LecunNormal     1      fan_in   truncated_normal
#ifndef WEFT_MODELS_INITIALIZERS_VARIANCE_SCALING_H_
#define WEFT_MODELS_INITIALIZERS_VARIANCE_SCALING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "models/initializers/initializer.h"

namespace weft {
namespace initializers {

// How many inputs a unit has, and how many units an input goes to. [n]: n and n. [in, out]: those. A convolution's
// [..., in, out]: each times the number of positions of its window. REQUIRES: static dims.
struct Fans {
  double in = 1, out = 1;
};
Fans ComputeFans(const Shape& shape);

struct VarianceScalingOptions {
  double scale = 1;
  std::string mode = "fan_in";                    // or "fan_out", "fan_avg"
  std::string distribution = "truncated_normal";  // ("normal" means the same), or "untruncated_normal", "uniform"
  std::optional<int64_t> seed = {};               // none: the model's
};

// Values of mean 0 and variance scale / n, n being at least 1 and chosen by mode. uniform: within +- sqrt(3 * scale /
// n). truncated_normal: of stddev sqrt(scale / n) / 0.87962566103423978 before values past two stddev are left out.
class VarianceScaling final : public Initializer {
 public:
  explicit VarianceScaling(VarianceScalingOptions options = {}) : options_(std::move(options)) {}
  absl::string_view class_name() const override { return "VarianceScaling"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  Value Record(GraphBuilder& builder, Value key, Value step, const TensorType& type) const override;

 private:
  VarianceScalingOptions options_;
};

struct SeedOptions {
  std::optional<int64_t> seed = {};  // none: the model's
};

// VarianceScaling with everything but the seed fixed.
class NamedVarianceScaling : public Initializer {
 public:
  absl::string_view class_name() const override { return class_name_; }
  void VisitConfig(ConfigVisitor& visitor) override;
  Value Record(GraphBuilder& builder, Value key, Value step, const TensorType& type) const override;

 protected:
  NamedVarianceScaling(const char* class_name, double scale, const char* mode, const char* distribution,
                       SeedOptions options)
      : class_name_(class_name), options_{scale, mode, distribution, options.seed} {}

 private:
  const char* class_name_;
  VarianceScalingOptions options_;
};

class GlorotUniform final : public NamedVarianceScaling {
 public:
  explicit GlorotUniform(SeedOptions options = {})
      : NamedVarianceScaling("GlorotUniform", 1, "fan_avg", "uniform", options) {}
};

class GlorotNormal final : public NamedVarianceScaling {
 public:
  explicit GlorotNormal(SeedOptions options = {})
      : NamedVarianceScaling("GlorotNormal", 1, "fan_avg", "truncated_normal", options) {}
};

class HeUniform final : public NamedVarianceScaling {
 public:
  explicit HeUniform(SeedOptions options = {}) : NamedVarianceScaling("HeUniform", 2, "fan_in", "uniform", options) {}
};

class HeNormal final : public NamedVarianceScaling {
 public:
  explicit HeNormal(SeedOptions options = {})
      : NamedVarianceScaling("HeNormal", 2, "fan_in", "truncated_normal", options) {}
};

class LecunUniform final : public NamedVarianceScaling {
 public:
  explicit LecunUniform(SeedOptions options = {})
      : NamedVarianceScaling("LecunUniform", 1, "fan_in", "uniform", options) {}
};

class LecunNormal final : public NamedVarianceScaling {
 public:
  explicit LecunNormal(SeedOptions options = {})
      : NamedVarianceScaling("LecunNormal", 1, "fan_in", "truncated_normal", options) {}
};

}  // namespace initializers

using initializers::GlorotNormal;
using initializers::GlorotUniform;
using initializers::HeNormal;
using initializers::HeUniform;
using initializers::LecunNormal;
using initializers::LecunUniform;
using initializers::VarianceScaling;

}  // namespace weft

#endif  // WEFT_MODELS_INITIALIZERS_VARIANCE_SCALING_H_
