#include "graph/text/testing/golden.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace weft {

std::string RepositoryFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string GoldenFile(const std::string& path, absl::string_view actual) {
  const char* root = std::getenv("WEFT_UPDATE_GOLDEN");
  if (root == nullptr) return RepositoryFile(path);
  const std::string full = std::string(root) + "/" + path;
  std::ofstream(full, std::ios::binary).write(actual.data(), static_cast<std::streamsize>(actual.size()));
  return RepositoryFile(full);
}

}  // namespace weft
