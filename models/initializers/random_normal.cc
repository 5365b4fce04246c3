#include "models/initializers/random_normal.h"

#include <cmath>

#include "core/status.h"
#include "models/initializers/seeded.h"
#include "ops/random/random.h"

namespace weft::initializers {

void RandomNormal::VisitConfig(ConfigVisitor& visitor) {
  visitor.Field("seed", options_.seed);
  visitor.Field("mean", options_.mean);
  visitor.Field("stddev", options_.stddev);
  visitor.Error(Validate());
}

absl::Status RandomNormal::Validate() const {
  if (std::isfinite(options_.mean) && options_.stddev >= 0 && std::isfinite(options_.stddev)) return absl::OkStatus();
  return InvalidArgument("expected a finite mean and a stddev >= 0, received mean=", options_.mean,
                         ", stddev=", options_.stddev);
}

Value RandomNormal::Record(GraphBuilder& builder, Value key, Value step, const TensorType& type) const {
  absl::Status status = Validate();
  if (status.ok()) status = CheckWeightType(type);
  if (!status.ok()) return builder.Error(Annotate(status, class_name()));
  const RandomSource source = Seeded(builder, key, step, options_.seed);
  return weft::RandomNormal(source.key, source.step, type,
                            {.mean = options_.mean, .stddev = options_.stddev, .stream = source.stream});
}

}  // namespace weft::initializers
