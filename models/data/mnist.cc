#include "models/data/mnist.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/io.h"
#include "core/sha256.h"
#include "core/status.h"
#include "models/data/csv.h"
#include "models/data/digits.h"
#include "models/data/download.h"
#include "models/data/gzip.h"
#include "models/data/idx.h"

namespace weft {
namespace {

constexpr char kMirror[] = "https://ossci-datasets.s3.amazonaws.com/mnist/";

// The four files: their names, and the SHA-256 of the uncompressed contents (gzip files of the same data differ).
struct IdxFile {
  const char* name;
  const char* sha256;
};
constexpr IdxFile kFiles[] = {
    {"train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
    {"train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
    {"t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
    {"t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"},
};

bool Exists(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

// The file's path with or without ".gz"; "" if there is neither.
std::string Locate(const std::string& dir, absl::string_view name) {
  for (absl::string_view suffix : {"", ".gz"}) {
    std::string path = absl::StrCat(dir, "/", name, suffix);
    if (Exists(path)) return path;
  }
  return "";
}

absl::Status CheckCounts(const Mnist& data) {
  auto check = [](const Tensor& images, const Tensor& labels, absl::string_view what) -> absl::Status {
    if (images.dims()[0] != labels.dims()[0]) {
      return InvalidArgument("MNIST ", what, ": ", images.dims()[0], " images and ", labels.dims()[0], " labels");
    }
    if (images.dims()[0] == 0) return InvalidArgument("MNIST ", what, ": no images");
    if (images.dims()[1] != 28 || images.dims()[2] != 28) {
      return InvalidArgument("MNIST ", what, ": images of ", images.dims()[1], "x", images.dims()[2],
                             ", expected 28x28");
    }
    return absl::OkStatus();
  };
  WEFT_RETURN_IF_ERROR(check(data.train_images, data.train_labels, "training set"));
  return check(data.test_images, data.test_labels, "test set");
}

// NotFound where the folder holds none of the files; any other error means a file is wrong or missing.
absl::StatusOr<Mnist> FromIdx(const std::string& dir) {
  std::string paths[4];
  int found = 0;
  for (int i = 0; i < 4; ++i) {
    paths[i] = Locate(dir, kFiles[i].name);
    found += !paths[i].empty();
  }
  if (found == 0) return NotFound("no IDX files in ", dir);
  for (int i = 0; i < 4; ++i) {
    if (paths[i].empty())
      return InvalidArgument(dir, ": ", kFiles[i].name, "(.gz) is missing; the other files are there");
  }
  Mnist data;
  WEFT_ASSIGN_OR_RETURN(data.train_images, ReadIdxImages(paths[0]));
  WEFT_ASSIGN_OR_RETURN(data.train_labels, ReadIdxLabels(paths[1]));
  WEFT_ASSIGN_OR_RETURN(data.test_images, ReadIdxImages(paths[2]));
  WEFT_ASSIGN_OR_RETURN(data.test_labels, ReadIdxLabels(paths[3]));
  data.source = "mnist";
  data.where = dir;
  return data;
}

absl::StatusOr<Mnist> FromCsv(const std::string& dir) {
  std::string train = Locate(dir, "mnist_train.csv"), test = Locate(dir, "mnist_test.csv");
  if (train.empty() && test.empty()) return NotFound("no CSV files in ", dir);
  if (train.empty()) return InvalidArgument(dir, ": mnist_train.csv(.gz) is missing; mnist_test.csv is there");
  if (test.empty()) return InvalidArgument(dir, ": mnist_test.csv(.gz) is missing; mnist_train.csv is there");
  auto read = [](const std::string& path, Tensor* images, Tensor* labels) -> absl::Status {
    WEFT_ASSIGN_OR_RETURN(CsvTable table, ReadCsv(path));
    WEFT_ASSIGN_OR_RETURN(LabelledImages split, SplitLabelledImages(table, path));
    if (split.images.dims()[1] != 784) {
      return InvalidArgument(path, ": ", split.images.dims()[1] + 1, " columns, expected 785 (label and 784 pixels)");
    }
    WEFT_ASSIGN_OR_RETURN(*images, split.images.Reshaped({split.images.dims()[0], 28, 28}));
    *labels = split.labels;
    return absl::OkStatus();
  };
  Mnist data;
  WEFT_RETURN_IF_ERROR(read(train, &data.train_images, &data.train_labels));
  WEFT_RETURN_IF_ERROR(read(test, &data.test_images, &data.test_labels));
  data.source = "mnist";
  data.where = dir;
  return data;
}

absl::StatusOr<Mnist> FromFolder(const std::string& dir) {
  for (const std::string& place : {dir, dir + "/mnist"}) {
    for (auto* from : {&FromIdx, &FromCsv}) {
      absl::StatusOr<Mnist> data = (*from)(place);
      if (absl::IsNotFound(data.status())) continue;
      WEFT_RETURN_IF_ERROR(data.status());
      WEFT_RETURN_IF_ERROR(CheckCounts(*data));
      return data;
    }
  }
  return NotFound("there is no MNIST in ", dir, ": looked for ", kFiles[0].name,
                  "(.gz) and mnist_train.csv(.gz), also in ", dir, "/mnist");
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string CacheDir(const MnistOptions& options) {
  if (!options.cache_dir.empty()) return options.cache_dir;
  if (std::string base = Environment("XDG_CACHE_HOME"); !base.empty()) return base + "/weft";
  if (std::string home = Environment("HOME"); !home.empty()) return home + "/.cache/weft";
  return "";
}

// Fetches the four files into the cache.
absl::Status FillCache(const std::string& cache, const std::function<void(absl::string_view)>& notice) {
  std::error_code code;
  std::filesystem::create_directories(cache, code);
  if (code) return absl::UnavailableError(absl::StrCat("cannot create ", cache, ": ", code.message()));
  for (const IdxFile& file : kFiles) {
    std::string url = absl::StrCat(kMirror, file.name, ".gz");
    DownloadOptions options;
    int64_t last_percent = -10;
    options.progress = [&](int64_t received, int64_t total) {
      if (total <= 0 || notice == nullptr) return;
      int64_t percent = 100 * received / total;
      if (percent < last_percent + 10) return;
      last_percent = percent;
      notice(absl::StrFormat("downloading %s: %3d %%", file.name, percent));
    };
    WEFT_ASSIGN_OR_RETURN(std::string body, Download(url, options));
    absl::StatusOr<std::string> contents = Gunzip(body, url);
    if (!contents.ok()) return absl::UnavailableError(contents.status().message());
    if (Sha256Hex(*contents) != file.sha256) {
      return absl::UnavailableError(absl::StrCat(url, ": the contents are not MNIST's (another SHA-256)"));
    }
    WEFT_RETURN_IF_ERROR(WriteFileAtomically(absl::StrCat(cache, "/", file.name), *contents));
  }
  return absl::OkStatus();
}

absl::StatusOr<Mnist> Embedded() {
  // Disjoint seeds: no test image is a training image.
  WEFT_ASSIGN_OR_RETURN(Digits train, DrawDigits(60000, 1));
  WEFT_ASSIGN_OR_RETURN(Digits test, DrawDigits(10000, 2));
  Mnist data;
  data.train_images = std::move(train.images);
  data.train_labels = std::move(train.labels);
  data.test_images = std::move(test.images);
  data.test_labels = std::move(test.labels);
  data.source = "embedded";
  data.where = "digits drawn by the program";
  return data;
}

}  // namespace

absl::StatusOr<Mnist> LoadMnist(const MnistOptions& options) {
  auto notice = [&](absl::string_view text) {
    if (options.notice) options.notice(text);
  };
  if (!options.data_dir.empty()) return FromFolder(options.data_dir);
  if (std::string dir = Environment("WEFT_DATA_DIR"); !dir.empty()) {
    absl::StatusOr<Mnist> data = FromFolder(dir);
    if (!absl::IsNotFound(data.status())) return data;
    notice(absl::StrCat("WEFT_DATA_DIR: ", data.status().message()));
  }
  std::string cache = CacheDir(options);
  std::string reason = "downloads are switched off";
  if (!cache.empty()) {
    absl::StatusOr<Mnist> data = FromFolder(cache + "/mnist");
    if (!absl::IsNotFound(data.status())) return data;
    if (options.allow_download) {
      absl::Status filled = FillCache(cache + "/mnist", options.notice);
      if (filled.ok()) return FromFolder(cache + "/mnist");
      reason = std::string(filled.message());
    }
  }
  if (!options.allow_embedded)
    return NotFound("MNIST is not to be had: no data_dir, nothing in the cache, and ", reason);
  notice(absl::StrCat("MNIST is not to be had (", reason, "): going on with digits that the program draws itself"));
  return Embedded();
}

}  // namespace weft
