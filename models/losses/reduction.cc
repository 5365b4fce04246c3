#include "models/losses/reduction.h"

#include <algorithm>
#include <optional>

#include "core/status.h"
#include "models/losses/ranks.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"

namespace weft {
namespace {

constexpr char kNone[] = "none", kSum[] = "sum", kWeighted[] = "mean_with_sample_weight";
constexpr const char* kAll[] = {"sum_over_batch_size", "mean", kSum, kNone, kWeighted};

}  // namespace

absl::Status CheckReduction(absl::string_view reduction) {
  if (std::find(std::begin(kAll), std::end(kAll), reduction) != std::end(kAll)) return absl::OkStatus();
  std::string all;
  for (const char* name : kAll) absl::StrAppend(&all, all.empty() ? "" : ", ", name);
  return InvalidArgument("reduction must be one of ", all, "; received '", reduction, "'");
}

void VisitReduction(ConfigVisitor& visitor, std::string& reduction) {
  std::optional<std::string> value;
  if (reduction != kNone) value = reduction;
  visitor.Field("reduction", value);
  reduction = value.value_or(kNone);
  visitor.Error(CheckReduction(reduction));
}

Value ReduceLoss(GraphBuilder& builder, Value values, Value sample_weight, const std::string& reduction) {
  const absl::Status status = CheckReduction(reduction);
  if (!status.ok()) return builder.Error(status);
  if (!sample_weight.absent()) {
    sample_weight = WithDType(sample_weight, values.dtype());
    std::tie(values, sample_weight) = ToSameRank(values, sample_weight);
    values = values * WithTrailingOnes(sample_weight, values.rank());
  }
  if (reduction == kNone || values.rank() == 0) return values;
  if (reduction == kSum) return ReduceSum(values);
  if (reduction != kWeighted || sample_weight.absent()) return ReduceMean(values);
  const Value total = ReduceSum(sample_weight);
  const Value is_zero = Equal(total, 0);
  return Select(is_zero, 0, ReduceSum(values) / Select(is_zero, 1, total));
}

}  // namespace weft
