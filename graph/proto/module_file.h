// Modules as bytes: the file format of graph.proto. What is written is canonical: equal modules give equal bytes, on
// any machine and in any process, and writing what was read gives the bytes that were read.
#ifndef WEFT_GRAPH_PROTO_MODULE_FILE_H_
#define WEFT_GRAPH_PROTO_MODULE_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "graph/ir/module.h"
#include "graph/ir/registry.h"

namespace weft {

inline constexpr int kGraphFormat = 1;
// Constants are inline; a module of more bytes than this is neither written nor, by default, read: large tables belong
// in variables.
inline constexpr int64_t kMaxGraphBytes = int64_t{256} << 20;

// A file with contents of variables that belongs to a module; its name says its hash.
struct WeightFile {
  std::string name;
  int64_t size = 0;
  std::string sha256;  // 32 bytes
};

struct SerializeOptions {
  // Optimized modules (fused ops, layouts other than row-major) are refused unless this is set; the bytes are then
  // marked as not loadable.
  bool dump = false;
  std::vector<WeightFile> weights = {};
};
absl::StatusOr<std::string> SerializeModule(const Module& module, const SerializeOptions& options = {});

struct DeserializeOptions {
  // Also read dumps, to look at them.
  bool allow_fused = false;
  int64_t max_bytes = kMaxGraphBytes;
};
struct ModuleFile {
  std::shared_ptr<const Module> module;
  std::vector<WeightFile> weights;
  std::string producer;
  bool not_loadable = false;
};
// Trusts nothing: every node is recorded again, by the type rules of `registry` (which outlives the module), and each
// type compared with the stored one. InvalidArgument says what is wrong; Unimplemented where the file needs a newer
// Weft (format, an op's version) or an op that `registry` does not have. Memory is bounded by a constant times the
// number of bytes.
absl::StatusOr<ModuleFile> ReadModuleFile(absl::string_view bytes, const OpRegistry& registry,
                                          const DeserializeOptions& options = {});
absl::StatusOr<std::shared_ptr<const Module>> DeserializeModule(absl::string_view bytes, const OpRegistry& registry,
                                                                const DeserializeOptions& options = {});

// SHA-256, in hexadecimal, over ops, attributes, types, structure and names: two modules that compute the same way have
// the same fingerprint, whoever wrote them and wherever their nodes came from. Metadata, origins, producer and the
// variables' contents are not in it. "" if the module is too large to be written.
std::string Fingerprint(const Module& module);

}  // namespace weft

#endif  // WEFT_GRAPH_PROTO_MODULE_FILE_H_
