// CSV tables of numbers.
#ifndef WEFT_MODELS_DATA_CSV_H_
#define WEFT_MODELS_DATA_CSV_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/tensor.h"

namespace weft {

struct CsvOptions {
  char separator = ',';
  int skip_lines = 0;  // not looked at
};

struct CsvTable {
  std::vector<std::string> header;  // empty where there is none
  Tensor values;                    // float32 [rows, columns]
};

// A first line with a field that is not a number is a header, unless it has a number twice: then it is a row with a
// fault. Fields may be quoted ("..."); empty lines are skipped; CR LF and a UTF-8 byte order mark are accepted. An
// error names the file and line: a row with another number of fields than the first, a field that is not a number, no
// rows at all. Gzipped files are read as they are.
absl::StatusOr<CsvTable> ReadCsv(absl::string_view path, const CsvOptions& options = {});
absl::StatusOr<CsvTable> ParseCsv(absl::string_view text, absl::string_view name, const CsvOptions& options = {});

// A table whose column `label_column` holds class indices 0 ... max_label and whose other columns are pixels 0 ... 255.
struct LabelledImages {
  Tensor images;  // uint8 [rows, columns - 1]
  Tensor labels;  // uint8 [rows]
};
absl::StatusOr<LabelledImages> SplitLabelledImages(const CsvTable& table, absl::string_view name,
                                                   int64_t label_column = 0, int max_label = 9);

}  // namespace weft

#endif  // WEFT_MODELS_DATA_CSV_H_
