#include "graph/proto/saved_module.h"

#include <sys/stat.h>

#include <functional>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/io.h"
#include "core/sha256.h"
#include "core/status.h"
#include "core/testing/io_fault.h"
#include "graph/proto/directory.h"
#include "graph/proto/format.h"
#include "graph/proto/module_file.h"
#include "graph/proto/zip.h"

namespace weft {
namespace {

constexpr char kWeightsPrefix[] = "weights-";
constexpr char kWeightsSuffix[] = ".safetensors";
constexpr size_t kHashDigits = 16;

// A part as it is written: its name and its bytes.
struct Parts {
  std::string module;                                        // the bytes of module.weft
  std::vector<std::pair<std::string, std::string>> weights;  // by name
};

bool IsWeightsName(absl::string_view name) {
  if (!absl::ConsumePrefix(&name, kWeightsPrefix) || !absl::ConsumeSuffix(&name, kWeightsSuffix)) return false;
  if (name.size() != kHashDigits) return false;
  return name.find_first_not_of("0123456789abcdef") == absl::string_view::npos;
}

std::string WeightsName(absl::string_view sha256) {
  return absl::StrCat(kWeightsPrefix, absl::BytesToHexString(sha256).substr(0, kHashDigits), kWeightsSuffix);
}

// The variables in the module's order, each with the declared type.
absl::StatusOr<std::vector<NamedTensor>> Matched(const Module& module, absl::Span<const NamedTensor> variables) {
  absl::flat_hash_map<absl::string_view, const Tensor*> by_name;
  for (const auto& [name, tensor] : variables) {
    if (module.FindVariable(name) == nullptr) return InvalidArgument("the module has no variable '", name, "'");
    if (!by_name.emplace(name, &tensor).second) return InvalidArgument("contents of variable '", name, "' twice");
  }
  std::vector<NamedTensor> result;
  for (const VariableDecl& variable : module.variables()) {
    auto it = by_name.find(variable.name);
    if (it == by_name.end()) return InvalidArgument("no contents of variable '", variable.name, "'");
    const Tensor& tensor = *it->second;
    if (tensor.dtype() != variable.type.dtype || Shape::FromDims(tensor.dims()) != variable.type.shape) {
      return InvalidArgument("variable '", variable.name, "': expected ", variable.type.ToString(), ", got ",
                             Name(tensor.dtype()), DimsToString(tensor.dims()));
    }
    result.emplace_back(variable.name, tensor);
  }
  return result;
}

absl::StatusOr<Parts> MakeParts(const Module& module, absl::Span<const NamedTensor> variables) {
  WEFT_ASSIGN_OR_RETURN(const std::vector<NamedTensor> matched, Matched(module, variables));
  Parts parts;
  SerializeOptions options;
  if (!matched.empty()) {
    WEFT_ASSIGN_OR_RETURN(std::string bytes, WriteSafetensors(matched));
    Sha256 hash;
    hash.Update(bytes);
    WeightFile file;
    file.sha256 = hash.Finish();
    if (file.sha256.empty()) return absl::ResourceExhaustedError("the weights could not be hashed: no memory");
    file.name = WeightsName(file.sha256);
    file.size = static_cast<int64_t>(bytes.size());
    parts.weights.emplace_back(file.name, std::move(bytes));
    options.weights.push_back(std::move(file));
  }
  WEFT_ASSIGN_OR_RETURN(parts.module, SerializeModule(module, options));
  return parts;
}

// What earlier saves left: weight files that are not `parts`', and temporary files of savers that died. (No other saver
// is at work: the directory is locked.) That these stay is no reason to call the save failed.
absl::Status Clean(const Directory& directory, const Parts& parts) {
  const absl::StatusOr<std::vector<std::string>> names = directory.List();
  if (!names.ok()) return absl::OkStatus();
  for (const std::string& name : *names) {
    const size_t temporary = name.find(".tmp-");
    const std::string base = name.substr(0, temporary);
    bool stale = IsWeightsName(base) || (temporary != std::string::npos && base == kModuleFileName);
    for (const auto& [present, bytes] : parts.weights) stale = stale && name != present;
    if (!stale) continue;
    if (IoFaultAt("clean")) return absl::AbortedError("crash injected before clean");
    directory.Remove(name).IgnoreError();
  }
  return absl::OkStatus();
}

absl::Status SaveDirectory(absl::string_view path, const Parts& parts) {
  WEFT_RETURN_IF_ERROR(MakeDirectory(path));
  WEFT_ASSIGN_OR_RETURN(const Directory directory, Directory::Open(path));
  WEFT_RETURN_IF_ERROR(directory.Lock());
  for (const auto& [name, bytes] : parts.weights) {
    WEFT_RETURN_IF_ERROR(WriteFileAtomically(absl::StrCat(path, "/", name), bytes));
  }
  WEFT_RETURN_IF_ERROR(WriteFileAtomically(absl::StrCat(path, "/", kModuleFileName), parts.module));
  return Clean(directory, parts);
}

absl::StatusOr<std::string> ZipOf(const Parts& parts) {
  std::vector<std::pair<std::string, absl::string_view>> entries = {{kModuleFileName, parts.module}};
  for (const auto& [name, bytes] : parts.weights) entries.emplace_back(name, bytes);
  return WriteZip(entries);
}

// Hands out a part of at most so many bytes.
using ReadPart = std::function<absl::StatusOr<std::string>(const std::string& name, int64_t max_bytes)>;

absl::StatusOr<LoadedModule> Load(absl::string_view module_bytes, const ReadPart& read, const OpRegistry& registry,
                                  const LoadOptions& options) {
  WEFT_ASSIGN_OR_RETURN(ModuleFile file, ReadModuleFile(module_bytes, registry));
  std::vector<NamedTensor> tensors;
  int64_t left = options.max_bytes - static_cast<int64_t>(module_bytes.size());
  for (const WeightFile& weights : file.weights) {
    // The one form of name that there is: neither a '/' nor ".." fits it.
    if (weights.sha256.size() != 32 || weights.name != WeightsName(weights.sha256)) {
      return InvalidArgument("a damaged Weft module: a weight file with a name that is not its hash's");
    }
    if (weights.size > left) {
      return InvalidArgument("weight file ", weights.name, " has ", weights.size, " bytes, expected at most ", left);
    }
    left -= weights.size;
    WEFT_ASSIGN_OR_RETURN(const std::string bytes, read(weights.name, weights.size));
    Sha256 hash;
    hash.Update(bytes);
    if (static_cast<int64_t>(bytes.size()) != weights.size || hash.Finish() != weights.sha256) {
      return InvalidArgument("weight file ", weights.name, " is damaged: its contents are not those that were saved");
    }
    absl::StatusOr<Safetensors> part = ReadSafetensors(bytes);
    if (!part.ok()) return Annotate(part.status(), weights.name);
    for (NamedTensor& tensor : part->tensors) tensors.push_back(std::move(tensor));
  }
  LoadedModule loaded;
  WEFT_ASSIGN_OR_RETURN(loaded.variables, Matched(*file.module, tensors));
  loaded.module = std::move(file.module);
  return loaded;
}

absl::StatusOr<LoadedModule> LoadDirectory(absl::string_view path, const std::string& name, const OpRegistry& registry,
                                           const LoadOptions& options) {
  WEFT_ASSIGN_OR_RETURN(const Directory directory, Directory::Open(path));
  const int64_t limit = std::min(options.max_bytes, kMaxGraphBytes);
  const ReadPart read = [&](const std::string& part, int64_t max) { return directory.Read(part, max); };
  WEFT_ASSIGN_OR_RETURN(std::string module_bytes, directory.Read(name, limit));
  while (true) {
    absl::StatusOr<LoadedModule> loaded = Load(module_bytes, read, registry, options);
    if (!absl::IsNotFound(loaded.status())) return loaded;
    // A saver may have put a new module in place, and cleaned the weights away that the old one names.
    WEFT_ASSIGN_OR_RETURN(std::string now, directory.Read(name, limit));
    if (now == module_bytes) return loaded;
    module_bytes = std::move(now);
  }
}

}  // namespace

absl::Status SaveModule(absl::string_view path, const Module& module, absl::Span<const NamedTensor> variables) {
  WEFT_ASSIGN_OR_RETURN(const Parts parts, MakeParts(module, variables));
  if (!absl::EndsWith(path, ".zip") && !absl::EndsWith(path, ".weftz")) return SaveDirectory(path, parts);
  WEFT_ASSIGN_OR_RETURN(const std::string bytes, ZipOf(parts));
  return WriteFileAtomically(path, bytes);
}

absl::StatusOr<std::string> SaveModuleToBytes(const Module& module, absl::Span<const NamedTensor> variables) {
  WEFT_ASSIGN_OR_RETURN(const Parts parts, MakeParts(module, variables));
  return ZipOf(parts);
}

absl::StatusOr<LoadedModule> LoadModuleFromBytes(absl::string_view bytes, const OpRegistry& registry,
                                                 const LoadOptions& options) {
  WEFT_ASSIGN_OR_RETURN(const ZipReader zip, ZipReader::Open(bytes));
  WEFT_ASSIGN_OR_RETURN(const std::string module_bytes,
                        zip.Read(kModuleFileName, std::min(options.max_bytes, kMaxGraphBytes)));
  return Load(
      module_bytes, [&](const std::string& part, int64_t max) { return zip.Read(part, max); }, registry, options);
}

absl::StatusOr<LoadedModule> LoadModule(absl::string_view path, const OpRegistry& registry,
                                        const LoadOptions& options) {
  auto annotated = [&](absl::StatusOr<LoadedModule> loaded) -> absl::StatusOr<LoadedModule> {
    if (loaded.ok()) return loaded;
    return Annotate(loaded.status(), absl::StrCat("loading ", path));
  };
  struct stat info;
  const std::string name(path);
  if (stat(name.c_str(), &info) != 0) return absl::ErrnoToStatus(errno, absl::StrCat("loading ", path));
  if (S_ISDIR(info.st_mode)) return annotated(LoadDirectory(path, kModuleFileName, registry, options));
  if (!S_ISREG(info.st_mode)) return InvalidArgument("loading ", path, ": it is neither a directory nor a file");
  absl::StatusOr<std::string> bytes = ReadFile(path, options.max_bytes);
  if (!bytes.ok()) return bytes.status();
  if (!absl::StartsWith(*bytes, kMagicBytes)) return annotated(LoadModuleFromBytes(*bytes, registry, options));
  // The graph file of a directory.
  const size_t slash = name.rfind('/');
  if (slash == std::string::npos) return annotated(LoadDirectory(".", name, registry, options));
  return annotated(
      LoadDirectory(name.substr(0, std::max<size_t>(slash, 1)), name.substr(slash + 1), registry, options));
}

}  // namespace weft
