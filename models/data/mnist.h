// MNIST, wherever it is to be had: a given folder, the cache, a public mirror, or digits that the program draws itself.
#ifndef WEFT_MODELS_DATA_MNIST_H_
#define WEFT_MODELS_DATA_MNIST_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/tensor.h"

namespace weft {

struct MnistOptions {
  // A folder with the four IDX files (gzipped or not; also in a folder "mnist" in it) or mnist_train.csv and
  // mnist_test.csv. If it is given and holds none of them, that is an error. Empty: $WEFT_DATA_DIR, where having none
  // is not.
  std::string data_dir = {};
  std::string cache_dir = {};  // empty: $XDG_CACHE_HOME/weft or ~/.cache/weft
  bool allow_download = true;
  bool allow_embedded = true;
  // Messages and the progress of a download, one line each without its end. May be empty.
  std::function<void(absl::string_view)> notice = {};
};

struct Mnist {
  Tensor train_images;  // uint8 [60000, 28, 28]
  Tensor train_labels;  // uint8 [60000]
  Tensor test_images;   // uint8 [10000, 28, 28]
  Tensor test_labels;   // uint8 [10000]
  std::string source;   // "mnist" or "embedded"
  std::string where;    // the folder, or a sentence
};

// A file that is there but wrong (magic, size, truncated gzip, a label past 9) is an error that names it; nothing falls
// back silently.
absl::StatusOr<Mnist> LoadMnist(const MnistOptions& options = {});

}  // namespace weft

#endif  // WEFT_MODELS_DATA_MNIST_H_
