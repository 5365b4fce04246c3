#include "bench/workload_data.h"

#include <cstring>

#include "absl/strings/match.h"
#include "core/philox.h"
#include "core/status.h"
#include "models/data/mnist.h"
#include "models/data/shuffle.h"

namespace weft {
namespace {

constexpr int64_t kSamples = 60000;

absl::StatusOr<WorkloadData> TinyData() {
  WorkloadData data;
  WEFT_ASSIGN_OR_RETURN(data.x, RandomTensor({kSamples, 2}, 0));
  WEFT_ASSIGN_OR_RETURN(data.y, Tensor::Create(DType::kFloat32, {kSamples, 1}));
  absl::Span<const float> x = data.x.data<float>();
  for (int64_t i = 0; i < kSamples; ++i) data.y.mutable_data<float>()[i] = x[2 * i] + x[2 * i + 1] > 1 ? 1.0f : 0.0f;
  return data;
}

absl::StatusOr<WorkloadData> RandomImages() {
  WorkloadData data;
  WEFT_ASSIGN_OR_RETURN(data.x, RandomTensor({kSamples, 784}, 0));
  WEFT_ASSIGN_OR_RETURN(data.y, Tensor::Create(DType::kInt64, {kSamples}));
  PhiloxStream random(0, 1);
  for (int64_t& label : data.y.mutable_data<int64_t>()) label = static_cast<int64_t>(random.Below(10));
  return data;
}

Tensor CopyRows(const Tensor& from, absl::Span<const int64_t> rows, Tensor to) {
  const int64_t bytes = from.num_bytes() / from.dims()[0];
  for (size_t i = 0; i < rows.size(); ++i) {
    std::memcpy(static_cast<char*>(to.mutable_raw()) + static_cast<int64_t>(i) * bytes,
                static_cast<const char*>(from.raw()) + rows[i] * bytes, bytes);
  }
  return to;
}

// A sample as the workload's network takes it.
Dims SampleDims(const std::string& work) {
  if (absl::StartsWith(work, "cnn")) return {28, 28, 1};
  if (absl::StartsWith(work, "lstm") || absl::StartsWith(work, "rnn")) return {28, 28};
  return {784};
}

absl::StatusOr<WorkloadData> LoadImages(const std::string& dir) {
  MnistOptions options;
  options.data_dir = dir;
  options.allow_download = false;
  options.allow_embedded = false;
  absl::StatusOr<Mnist> mnist = LoadMnist(options);
  if (absl::IsNotFound(mnist.status())) return RandomImages();
  WEFT_RETURN_IF_ERROR(mnist.status());
  WorkloadData data;
  const int64_t n = mnist->train_images.dims()[0];
  WEFT_ASSIGN_OR_RETURN(data.x, Tensor::Create(DType::kFloat32, {n, 784}));
  WEFT_ASSIGN_OR_RETURN(data.y, Tensor::Create(DType::kInt64, {n}));
  absl::Span<const uint8_t> pixels = mnist->train_images.data<uint8_t>(), labels = mnist->train_labels.data<uint8_t>();
  absl::Span<float> x = data.x.mutable_data<float>();
  for (size_t i = 0; i < pixels.size(); ++i) x[i] = static_cast<float>(pixels[i]) / 255.0f;
  for (size_t i = 0; i < labels.size(); ++i) data.y.mutable_data<int64_t>()[i] = labels[i];
  return data;
}

}  // namespace

absl::StatusOr<Tensor> RandomTensor(const Dims& dims, uint64_t seed) {
  WEFT_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Create(DType::kFloat32, dims));
  PhiloxStream random(seed);
  for (float& value : tensor.mutable_data<float>()) value = static_cast<float>(random.Next32() >> 8) * 0x1p-24f;
  return tensor;
}

absl::StatusOr<WorkloadData> LoadWorkloadData(const std::string& work, const std::string& dir) {
  if (absl::StartsWith(work, "tiny")) return TinyData();
  WEFT_ASSIGN_OR_RETURN(WorkloadData data, LoadImages(dir));
  Dims dims = SampleDims(work);
  dims.insert(dims.begin(), data.x.dims()[0]);
  WEFT_ASSIGN_OR_RETURN(data.x, data.x.Reshaped(dims));
  return data;
}

absl::StatusOr<std::vector<Batch>> CutIntoBatches(const WorkloadData& data, int64_t batch_size) {
  const int64_t n = data.x.dims()[0];
  std::vector<int64_t> order = ShuffledOrder(n, 1, 0);
  std::vector<Batch> batches;
  for (int64_t begin = 0; begin + batch_size <= n; begin += batch_size) {
    absl::Span<const int64_t> rows(order.data() + begin, static_cast<size_t>(batch_size));
    Dims x_dims = data.x.dims(), y_dims = data.y.dims();
    x_dims[0] = y_dims[0] = batch_size;
    WEFT_ASSIGN_OR_RETURN(Tensor x, Tensor::Create(data.x.dtype(), x_dims));
    WEFT_ASSIGN_OR_RETURN(Tensor y, Tensor::Create(data.y.dtype(), y_dims));
    batches.push_back({CopyRows(data.x, rows, std::move(x)), CopyRows(data.y, rows, std::move(y))});
  }
  return batches;
}

}  // namespace weft
