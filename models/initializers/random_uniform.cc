#include "models/initializers/random_uniform.h"

#include <cmath>

#include "core/status.h"
#include "models/initializers/seeded.h"
#include "ops/random/random.h"

namespace weft::initializers {

void RandomUniform::VisitConfig(ConfigVisitor& visitor) {
  visitor.Field("seed", options_.seed);
  visitor.Field("minval", options_.minval);
  visitor.Field("maxval", options_.maxval);
  visitor.Error(Validate());
}

absl::Status RandomUniform::Validate() const {
  if (options_.minval <= options_.maxval && std::isfinite(options_.maxval - options_.minval)) return absl::OkStatus();
  return InvalidArgument("expected minval <= maxval, received minval=", options_.minval, ", maxval=", options_.maxval);
}

Value RandomUniform::Record(GraphBuilder& builder, Value key, Value step, const TensorType& type) const {
  absl::Status status = Validate();
  if (status.ok()) status = CheckWeightType(type);
  if (!status.ok()) return builder.Error(Annotate(status, class_name()));
  const RandomSource source = Seeded(builder, key, step, options_.seed);
  return weft::RandomUniform(source.key, source.step, type,
                             {.low = options_.minval, .high = options_.maxval, .stream = source.stream});
}

}  // namespace weft::initializers
