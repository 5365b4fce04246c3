#include "models/losses/testing/keras_case.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "core/io.h"
#include "core/status.h"
#include "graph/proto/safetensors.h"

namespace weft {

absl::StatusOr<std::vector<KerasCase>> KerasCases(const std::string& kind, const std::string& class_name) {
  std::vector<KerasCase> cases;
  const char* data = std::getenv("WEFT_DATA_DIR");
  if (data == nullptr || *data == '\0') return cases;
  for (int i = 1;; ++i) {
    const std::string name = absl::StrCat(kind, "_", class_name, "_", i);
    absl::StatusOr<std::string> file =
        ReadFile(absl::StrCat(data, "/keras_vectors/", name, ".safetensors"), int64_t{1} << 30);
    if (absl::IsNotFound(file.status())) return cases;
    if (!file.ok()) return file.status();
    WEFT_ASSIGN_OR_RETURN(Safetensors contents, ReadSafetensors(*file));
    KerasCase one{name, contents.metadata["config"], {}};
    for (NamedTensor& tensor : contents.tensors) one.tensors.insert(std::move(tensor));
    cases.push_back(std::move(one));
  }
}

}  // namespace weft
