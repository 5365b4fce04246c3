// Saved modules: a recorded module with the contents of its variables. Whatever trains is one such file, which a
// program without the model's code loads, predicts with and trains further.
//
// Two forms, with the same two parts in them: "module.weft" (module_file.h), which names by hash and size the file of
// the contents, "weights-<first 16 digits of its SHA-256>.safetensors".
//   a directory      the parts are its files; module.weft is renamed into place last, so whenever the writer dies, the
//                    directory holds the old module or the new one
//   a single file    the parts are the entries of an uncompressed zip; for paths that end in ".zip" or ".weftz"
// Both are canonical: equal modules with equal contents give equal bytes.
#ifndef WEFT_GRAPH_PROTO_SAVED_MODULE_H_
#define WEFT_GRAPH_PROTO_SAVED_MODULE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "graph/ir/module.h"
#include "graph/ir/registry.h"
#include "graph/proto/safetensors.h"

namespace weft {

inline constexpr char kModuleFileName[] = "module.weft";

// `variables`: the contents of all variables of the module, in any order. InvalidArgument names one that is missing,
// unknown, or of another dtype or shape, or what of the module cannot be saved (an optimized one: save the recorded
// one). A directory is made if it is not there, its parent must exist; what else lies in it stays, but for weight files
// and temporary files of earlier saves. Savers of one directory wait for one another (Unavailable after 10 s).
absl::Status SaveModule(absl::string_view path, const Module& module, absl::Span<const NamedTensor> variables);
// The bytes of the single-file form.
absl::StatusOr<std::string> SaveModuleToBytes(const Module& module, absl::Span<const NamedTensor> variables);

struct LoadOptions {
  // Of all parts together.
  int64_t max_bytes = int64_t{1} << 40;
};
struct LoadedModule {
  std::shared_ptr<const Module> module;
  std::vector<NamedTensor> variables;  // in the order of module->variables()
};
// `path`: a directory, the module.weft in it, or a single file. `registry` outlives the module. Trusts nothing: sizes
// and hashes are checked, no file is read that module.weft does not name, and none that is a symbolic link or has a
// second hard link. A directory that is saved into meanwhile gives the old module or the new one. NotFound: there is
// none.
absl::StatusOr<LoadedModule> LoadModule(absl::string_view path, const OpRegistry& registry,
                                        const LoadOptions& options = {});
// From the bytes of a single file, which are needed only during the call.
absl::StatusOr<LoadedModule> LoadModuleFromBytes(absl::string_view bytes, const OpRegistry& registry,
                                                 const LoadOptions& options = {});

}  // namespace weft

#endif  // WEFT_GRAPH_PROTO_SAVED_MODULE_H_
