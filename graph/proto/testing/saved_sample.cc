#include "graph/proto/testing/saved_sample.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "gtest/gtest.h"

namespace weft {

std::vector<NamedTensor> Contents(const Module& module, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<NamedTensor> contents;
  for (const VariableDecl& variable : module.variables()) {
    const Dims dims = *variable.type.shape.Evaluate({});
    Tensor tensor = *Tensor::Create(variable.type.dtype, dims);
    auto* bytes = static_cast<unsigned char*>(tensor.mutable_raw());
    const unsigned mask = variable.type.dtype == DType::kBool ? 1 : 255;
    for (int64_t i = 0; i < tensor.num_bytes(); ++i) bytes[i] = static_cast<unsigned char>(random() & mask);
    if (variable.type.dtype == DType::kFloat32 && tensor.num_elements() >= 4) {
      const uint32_t special[] = {0x7fc00001, 0x80000000, 0xff800000, 0x00000001};
      std::memcpy(bytes, special, sizeof(special));
    }
    contents.emplace_back(variable.name, std::move(tensor));
  }
  return contents;
}

std::string NewDirectory() {
  static int count = 0;
  const std::string path = ::testing::TempDir() + "/saved_" + std::to_string(count++);
  std::filesystem::remove_all(path);
  std::filesystem::create_directories(path);
  return path;
}

std::map<std::string, std::string> FilesIn(const std::string& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    std::string& contents = files[entry.path().filename()];
    if (!entry.is_regular_file() || entry.is_symlink()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    contents.assign(std::istreambuf_iterator<char>(file), {});
  }
  return files;
}

}  // namespace weft
