// Whole training runs, through Sequential.
#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "models/config_json.h"
#include "models/registry.h"
#include "models/sequential.h"
#include "tests/keras_vectors_case.h"
#include "tests/keras_vectors_layers.h"

namespace weft {
namespace {

template <typename T>
absl::StatusOr<std::shared_ptr<T>> ObjectOf(const char* kind, const nlohmann::json& config) {
  std::string class_name = config.value("class", "");
  if (!DefaultModelRegistry().Create(kind, class_name).ok()) return Unimplemented("no ", kind, " ", class_name);
  WEFT_ASSIGN_OR_RETURN(auto object, FromConfig(DefaultModelRegistry(), kind, class_name, config.at("config").dump()));
  return std::static_pointer_cast<T>(object);
}

// Per-sample weights of the batch: given, or those of its classes; none where there are neither.
absl::StatusOr<std::optional<Tensor>> WeightsOf(const VectorCase& c, const Tensor& y, int64_t begin, int64_t end) {
  if (auto it = c.tensors.find("sample_weight"); it != c.tensors.end()) {
    WEFT_ASSIGN_OR_RETURN(Tensor rows, it->second.Rows(begin, end));
    return std::optional<Tensor>(rows);
  }
  const nlohmann::json& class_weight = c.config.contains("class_weight") ? c.config["class_weight"] : nlohmann::json();
  if (class_weight.is_null()) return std::optional<Tensor>();
  WEFT_ASSIGN_OR_RETURN(Tensor weights, Tensor::Create(DType::kFloat32, {end - begin}));
  for (int64_t i = begin; i < end; ++i) {
    weights.mutable_data<float>()[i - begin] = class_weight.value(std::to_string(y.AtInt(i)), 1.0f);
  }
  return std::optional<Tensor>(weights);
}

}  // namespace

absl::Status RunTrainingCase(const VectorCase& c) {
  WEFT_ASSIGN_OR_RETURN(auto layers, LayersOf(c.config.at("layers")));
  WEFT_ASSIGN_OR_RETURN(auto loss, ObjectOf<Loss>("loss", c.config.at("loss")));
  WEFT_ASSIGN_OR_RETURN(auto optimizer, ObjectOf<Optimizer>("optimizer", c.config.at("optimizer")));
  WEFT_ASSIGN_OR_RETURN(Tensor x, c.Get("x"));
  WEFT_ASSIGN_OR_RETURN(Tensor y, c.Get("y"));
  WEFT_ASSIGN_OR_RETURN(Tensor losses, c.Get("losses"));
  std::vector<LayerRef> refs;
  for (const std::shared_ptr<Layer>& layer : layers) refs.emplace_back(layer);
  Sequential model(std::move(refs));
  CompileModelOptions compile;
  compile.optimizer = optimizer;
  compile.loss = loss;
  model.Compile(compile);
  Shape input;
  for (size_t i = 1; i < x.dims().size(); ++i) input.push_back(x.dims()[i]);
  WEFT_RETURN_IF_ERROR(model.Build(input, x.dtype()));
  WEFT_RETURN_IF_ERROR(model.SetWeights(c.All("weight")));

  const int64_t n = x.dims()[0], batch_size = c.config.at("batch_size").get<int64_t>();
  const int64_t batches = (n + batch_size - 1) / batch_size;
  WEFT_ASSIGN_OR_RETURN(Tensor got, Tensor::Create(DType::kFloat32, losses.dims()));
  for (int64_t step = 0; step < losses.num_elements(); ++step) {
    int64_t begin = step % batches * batch_size, end = std::min(begin + batch_size, n);
    WEFT_ASSIGN_OR_RETURN(Tensor xb, x.Rows(begin, end));
    WEFT_ASSIGN_OR_RETURN(Tensor yb, y.Rows(begin, end));
    WEFT_ASSIGN_OR_RETURN(std::optional<Tensor> weights, WeightsOf(c, y, begin, end));
    WEFT_ASSIGN_OR_RETURN(double value, model.TrainOnBatch(xb, yb, weights.has_value() ? &*weights : nullptr));
    got.mutable_data<float>()[step] = static_cast<float>(value);
  }
  WEFT_RETURN_IF_ERROR(CompareTensors("losses", got, losses, 1e-4));
  WEFT_ASSIGN_OR_RETURN(auto finals, model.Weights());
  std::vector<Tensor> wanted = c.All("final");
  if (finals.size() != wanted.size()) return InvalidArgument(finals.size(), " weights, Keras has ", wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    WEFT_RETURN_IF_ERROR(CompareTensors(absl::StrCat("final", i), finals[i].second, wanted[i], 1e-4));
  }
  return absl::OkStatus();
}

}  // namespace weft
