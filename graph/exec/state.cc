#include "graph/exec/state.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <utility>

#include "core/sha256.h"
#include "core/status.h"
#include "graph/exec/snapshot.h"

namespace weft {

struct State::Published {
  explicit Published(std::shared_ptr<const Module> module) : pool(std::make_shared<SnapshotPool>(std::move(module))) {}
  const std::shared_ptr<SnapshotPool> pool;
  std::mutex mutex;
  SnapshotPtr current;  // guarded by mutex
};

namespace {

// -1 if there is none.
int IndexOf(const Module& module, absl::string_view name) {
  const VariableDecl* decl = module.FindVariable(name);
  return decl == nullptr ? -1 : static_cast<int>(decl - module.variables().data());
}

std::string RowMajorType(const VariableDecl& variable) {
  return TensorType{variable.type.dtype, variable.type.shape}.ToString();
}

// Variables have static shapes, which the module has checked.
ConcreteType Concrete(const VariableDecl& variable) {
  ConcreteType type{variable.type.dtype, {}, variable.type.layout};
  for (const Dim& dim : variable.type.shape) type.dims.push_back(dim.value());
  return type;
}

// " (the largest is 'dense/kernel', f32[784,512], 1605632 bytes)"
std::string Largest(const Module& module, const std::vector<int64_t>& sizes) {
  const auto largest = std::max_element(sizes.begin(), sizes.end());
  if (largest == sizes.end()) return "";
  const VariableDecl& variable = module.variables()[static_cast<size_t>(largest - sizes.begin())];
  return absl::StrCat(" (the largest is '", variable.name, "', ", RowMajorType(variable), ", ", *largest, " bytes)");
}

}  // namespace

absl::StatusOr<std::unique_ptr<State>> State::Create(std::shared_ptr<const Module> module) {
  std::unique_ptr<State> state(new State());
  std::vector<int64_t> sizes;
  for (const VariableDecl& variable : module->variables()) {
    absl::StatusOr<ConcreteType> type = Bind(variable.type, {});
    if (!type.ok()) return Annotate(type.status(), absl::StrCat("variable '", variable.name, "'"));
    WEFT_ASSIGN_OR_RETURN(int64_t bytes, StorageBytes(type->dtype, type->dims, type->layout));
    sizes.push_back(bytes);
  }
  absl::StatusOr<VariableStorage> storage = VariableStorage::Create(sizes);
  if (!storage.ok()) return Annotate(storage.status(), absl::StrCat("the variables", Largest(*module, sizes)));
  state->storage_ = *std::move(storage);
  for (int64_t bytes : sizes) state->bytes_ += bytes;
  state->published_ = std::make_unique<Published>(module);
  state->module_ = std::move(module);
  return state;
}

State::~State() = default;

absl::StatusOr<Tensor> State::Get(absl::string_view name) const {
  const int i = IndexOf(*module_, name);
  if (i < 0) return NotFound("the module has no variable '", name, "'");
  const ConcreteType type = Concrete(module_->variables()[i]);
  WEFT_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Create(type.dtype, type.dims));
  if (tensor.num_elements() > 0) UnpackLayout(type.dtype, type.dims, type.layout, data(i), tensor.mutable_raw());
  return tensor;
}

absl::Status State::Set(absl::string_view name, const TensorView& value) {
  const int i = IndexOf(*module_, name);
  if (i < 0) return NotFound("the module has no variable '", name, "'");
  const ConcreteType type = Concrete(module_->variables()[i]);
  if (value.dtype != type.dtype || value.dims != type.dims) {
    return InvalidArgument("variable '", name, "': expected ", RowMajorType(module_->variables()[i]), ", received ",
                           Name(value.dtype), DimsToString(value.dims));
  }
  if (NumElements(type.dims) == 0) return absl::OkStatus();
  if (value.data == nullptr) return InvalidArgument("variable '", name, "': no data was given");
  PackLayout(type.dtype, type.dims, type.layout, value.data, data(i));
  return absl::OkStatus();
}

absl::Status State::Publish() {
  WEFT_ASSIGN_OR_RETURN(SnapshotPtr snapshot, published_->pool->Copy(storage()));
  std::lock_guard<std::mutex> lock(published_->mutex);
  published_->current.swap(snapshot);
  return absl::OkStatus();
}

SnapshotPtr State::published() const {
  std::lock_guard<std::mutex> lock(published_->mutex);
  return published_->current;
}

int64_t State::bytes() const { return bytes_; }

std::string State::WeightsHash() const {
  std::vector<const VariableDecl*> sorted;
  for (const VariableDecl& variable : module_->variables()) sorted.push_back(&variable);
  std::sort(sorted.begin(), sorted.end(),
            [](const VariableDecl* a, const VariableDecl* b) { return a->name < b->name; });
  Sha256 hash;
  for (const VariableDecl* variable : sorted) {
    hash.Update(absl::StrCat(variable->name, "\n", RowMajorType(*variable), "\n"));
    const int i = static_cast<int>(variable - module_->variables().data());
    const ConcreteType type = Concrete(*variable);
    const int64_t bytes = NumElements(type.dims) * SizeOf(type.dtype);
    if (type.layout == Layout::kRowMajor) {
      hash.Update(data(i), bytes);
      continue;
    }
    std::vector<char> row_major(bytes);
    UnpackLayout(type.dtype, type.dims, type.layout, data(i), row_major.data());
    hash.Update(row_major.data(), row_major.size());
  }
  return hash.FinishHex();
}

}  // namespace weft
