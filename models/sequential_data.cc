// Sequential: checks of data, and weights of samples.
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/status.h"
#include "models/sequential_impl.h"

namespace weft {
namespace {

std::string Shown(const TensorView& view) { return absl::StrCat(Name(view.dtype), DimsToString(view.dims)); }

// The class of each sample, as Keras finds it: the index itself, or the position of the largest of several columns.
absl::StatusOr<std::vector<int64_t>> ClassOfEachSample(const Tensor& y) {
  if (y.rank() > 2) {
    return InvalidArgument("class_weight: y must be labels [samples] or one-hot [samples, classes], received ",
                           Shown(y));
  }
  const int64_t samples = y.dims()[0];
  const int64_t columns = y.rank() == 2 ? y.dims()[1] : 1;
  std::vector<int64_t> classes(static_cast<size_t>(samples));
  for (int64_t i = 0; i < samples; ++i) {
    int64_t best = 0;
    for (int64_t c = 1; c < columns; ++c) {
      if (y.AtDouble(i * columns + c) > y.AtDouble(i * columns + best)) best = c;
    }
    if (columns == 1) {
      const double value = y.AtDouble(i);
      best = std::abs(value) < 1e15 ? static_cast<int64_t>(std::nearbyint(value)) : -1;
    }
    classes[static_cast<size_t>(i)] = best;
  }
  return classes;
}

}  // namespace

absl::Status Sequential::Impl::CheckCompiled() const {
  WEFT_RETURN_IF_ERROR(status);
  if (training.has_value()) return absl::OkStatus();
  return absl::FailedPreconditionError("the model has no optimizer and no loss: call Compile first");
}

absl::Status Sequential::Impl::CheckX(const Tensor& x) const {
  if (x.rank() < 1) return InvalidArgument("x must be [samples, ...], received the scalar ", x.ToString());
  if (x.dims()[0] == 0) return InvalidArgument("x has no samples: ", Shown(x));
  const Shape expected(input.shape.dims().subspan(1));
  const Shape received = Shape::FromDims(absl::MakeConstSpan(x.dims()).subspan(1));
  if (expected == received || (received.rank() == 0 && expected == Shape{1})) return absl::OkStatus();
  std::string hint;
  if (expected.NumElements() == received.NumElements()) {
    hint = "; the number of elements is the same: a layer Flatten or Reshape first would take it";
  }
  return InvalidArgument("x: a sample of the model's input is ", expected.ToString(), " (", input.ToString(),
                         "), a sample of the data is ", received.ToString(), " (", Shown(x), ")", hint);
}

absl::Status Sequential::Impl::CheckBatches(absl::string_view what, int64_t samples, int64_t batch_size) const {
  if (!input.shape[0].is_constant()) return absl::OkStatus();
  const int64_t fixed = input.shape[0].value();
  if (std::min(batch_size, samples) == fixed && samples % fixed == 0) return absl::OkStatus();
  std::string stateful;
  for (const VariableDecl& variable : recorded.module->variables()) {
    if (variable.kind != kStateKind) continue;
    stateful = absl::StrCat("; layer ", variable.name.substr(0, variable.name.find('/')), " is stateful, its state ",
                            variable.type.ToString(), " belongs to batches of that size");
    break;
  }
  return InvalidArgument(what, ": Input fixes batches of ", fixed, " samples, received ", samples,
                         " samples in batches of ", batch_size, stateful);
}

absl::StatusOr<Sequential::Impl::Data> Sequential::Impl::PrepareData(
    const Tensor& x, const Tensor& y, const Tensor* sample_weight,
    const absl::btree_map<int64_t, double>& class_weight) {
  WEFT_RETURN_IF_ERROR(CheckX(x));
  Data data;
  data.x = x;
  data.y = y;
  data.samples = x.dims()[0];
  if (y.rank() < 1 || y.dims()[0] != data.samples) {
    return InvalidArgument("x has ", data.samples, " samples (", Shown(x), "), y is ", Shown(y));
  }
  WEFT_RETURN_IF_ERROR(Annotate(training->loss->CheckTargets(recorded.output, y), "y"));
  if (sample_weight != nullptr && !class_weight.empty()) {
    return InvalidArgument("class_weight and sample_weight cannot be given together");
  }
  if (sample_weight != nullptr) {
    const bool fits = (sample_weight->rank() == 1 || (sample_weight->rank() == 2 && sample_weight->dims()[1] == 1)) &&
                      sample_weight->dims()[0] == data.samples;
    if (!fits) {
      return InvalidArgument("sample_weight must be [", data.samples, "], one weight per sample, received ",
                             Shown(*sample_weight));
    }
    data.weights = *sample_weight;
    data.weighted = true;
  } else if (!class_weight.empty()) {
    WEFT_ASSIGN_OR_RETURN(std::vector<int64_t> classes, ClassOfEachSample(y));
    WEFT_ASSIGN_OR_RETURN(data.made_weights, Tensor::Create(DType::kFloat32, {data.samples}));
    absl::Span<float> weights = data.made_weights.mutable_data<float>();
    for (size_t i = 0; i < weights.size(); ++i) {
      auto found = class_weight.find(classes[i]);
      weights[i] = found == class_weight.end() ? 1.0f : static_cast<float>(found->second);
    }
    data.weights = data.made_weights;
    data.weighted = true;
  }
  if (data.weighted) WEFT_RETURN_IF_ERROR(EnsureSampleWeights());
  if (sample_weights) WEFT_RETURN_IF_ERROR(data.FillWeights());
  return data;
}

absl::Status Sequential::Impl::Data::FillWeights() {
  if (weights.data != nullptr) return absl::OkStatus();
  WEFT_ASSIGN_OR_RETURN(made_weights, Tensor::Create(DType::kFloat32, {samples}));
  for (float& weight : made_weights.mutable_data<float>()) weight = 1;
  weights = made_weights;
  return absl::OkStatus();
}

absl::Status Sequential::Impl::EnsureSampleWeights() {
  if (sample_weights) return absl::OkStatus();
  sample_weights = true;
  return Rebuild({});
}

absl::StatusOr<Batches> Sequential::Impl::MakeBatches(const Data& data, int64_t max_batch) const {
  std::vector<Batches::Column> columns;
  WEFT_ASSIGN_OR_RETURN(Dims x_row, Shape(input.shape.dims().subspan(1)).Evaluate({}));
  columns.push_back({"x", data.x, input.dtype, x_row});
  WEFT_ASSIGN_OR_RETURN(Dims y_row, Shape(recorded.target.shape.dims().subspan(1)).Evaluate({}));
  columns.push_back({"y", data.y, recorded.target.dtype, y_row});
  if (sample_weights) columns.push_back({"sample_weight", data.weights, DType::kFloat32, {}});
  return Batches::Create(std::move(columns), std::min(max_batch, data.samples));
}

}  // namespace weft
