#include "tests/keras_vectors_case.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "core/io.h"
#include "core/status.h"
#include "graph/exec/program.h"
#include "graph/passes/pipeline.h"
#include "graph/proto/safetensors.h"
#include "ops/all_ops.h"

namespace weft {

absl::StatusOr<Tensor> VectorCase::Get(const std::string& tensor) const {
  auto it = tensors.find(tensor);
  if (it == tensors.end()) return NotFound("the file has no tensor '", tensor, "'");
  return it->second;
}

std::vector<Tensor> VectorCase::All(const std::string& prefix) const {
  std::vector<Tensor> found;
  for (int i = 0;; ++i) {
    auto it = tensors.find(absl::StrCat(prefix, i));
    if (it == tensors.end()) return found;
    found.push_back(it->second);
  }
}

absl::StatusOr<VectorCase> LoadVectorCase(const std::string& path) {
  VectorCase c;
  c.name = std::filesystem::path(path).stem().string();
  WEFT_ASSIGN_OR_RETURN(std::string bytes, ReadFile(path, int64_t{256} << 20));
  WEFT_ASSIGN_OR_RETURN(Safetensors file, ReadSafetensors(bytes));
  for (NamedTensor& tensor : file.tensors) c.tensors.insert(std::move(tensor));
  c.kind = file.metadata["kind"];
  c.config = nlohmann::json::parse(file.metadata["config"], nullptr, /*allow_exceptions=*/false);
  if (c.kind.empty() || !c.config.is_object()) return InvalidArgument(path, ": no kind or no configuration");
  return c;
}

double LargestMagnitude(const Tensor& tensor) {
  double largest = 0;
  for (int64_t i = 0; i < tensor.num_elements(); ++i) largest = std::max(largest, std::abs(tensor.AtDouble(i)));
  return largest;
}

absl::Status CompareTensors(absl::string_view what, const Tensor& got, const Tensor& want, double tolerance,
                            double floor) {
  // Keras gives scalars that were reduced to one element in either form.
  bool scalars = got.num_elements() == 1 && want.num_elements() == 1;
  if (got.dims() != want.dims() && !scalars) {
    return InvalidArgument(what, ": dims ", DimsToString(got.dims()), ", expected ", DimsToString(want.dims()));
  }
  const double largest = LargestMagnitude(want);
  double worst = 0;
  int64_t where = -1;
  for (int64_t i = 0; i < want.num_elements(); ++i) {
    double error = std::abs(got.AtDouble(i) - want.AtDouble(i));
    if (error <= worst) continue;
    // A NaN is never smaller: it ends here.
    worst = error;
    where = i;
    if (std::isnan(error)) break;
  }
  if (worst <= std::max(tolerance * largest, floor)) return absl::OkStatus();
  return InvalidArgument(what, ": element ", where, " is ", got.AtDouble(where), ", expected ", want.AtDouble(where),
                         " (error ", worst / std::max(largest, 1e-30), " of the largest)");
}

absl::StatusOr<std::vector<Tensor>> RunOnKernels(const GraphPtr& graph, absl::Span<const Tensor> inputs) {
  auto module = std::make_shared<Module>(AllOps());
  WEFT_RETURN_IF_ERROR(module->AddFunction("f", graph));
  Target target = Target::Host(1);
  WEFT_ASSIGN_OR_RETURN(PassResult optimized, Optimize(module, target));
  WEFT_ASSIGN_OR_RETURN(auto program, Program::Compile(optimized.module, "f", {.target = target}));
  WEFT_ASSIGN_OR_RETURN(auto state, State::Create(optimized.module));
  std::vector<TensorView> views(inputs.begin(), inputs.end());
  return program->Run(*state, views);
}

Value InputLike(GraphBuilder& builder, absl::string_view name, const Tensor& tensor) {
  return builder.Input(name, {tensor.dtype(), Shape::FromDims(tensor.dims())});
}

}  // namespace weft
