#include "models/data/csv.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/charconv.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/status.h"
#include "models/data/gzip.h"

namespace weft {
namespace {

absl::string_view Trim(absl::string_view field) {
  field = absl::StripAsciiWhitespace(field);
  if (field.size() >= 2 && field.front() == '"' && field.back() == '"') field = field.substr(1, field.size() - 2);
  return field;
}

bool ParseNumber(absl::string_view field, float* value) {
  field = Trim(field);
  if (!field.empty() && field[0] == '+') field.remove_prefix(1);
  absl::from_chars_result result = absl::from_chars(field.data(), field.data() + field.size(), *value);
  return !field.empty() && result.ec == std::errc() && result.ptr == field.data() + field.size();
}

// Names of columns may be numbers, but not twice the same: a line that has one twice is a row, and one with a fault.
bool HasANumberTwice(std::vector<float> numbers) {
  numbers.erase(std::remove_if(numbers.begin(), numbers.end(), [](float x) { return std::isnan(x); }), numbers.end());
  std::sort(numbers.begin(), numbers.end());
  return std::adjacent_find(numbers.begin(), numbers.end()) != numbers.end();
}

}  // namespace

absl::StatusOr<CsvTable> ParseCsv(absl::string_view text, absl::string_view name, const CsvOptions& options) {
  CsvTable table;
  std::vector<float> values;
  absl::ConsumePrefix(&text, "\xEF\xBB\xBF");  // the byte order mark that spreadsheets write
  int64_t line_number = 0, columns = -1, rows = 0, first_line = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++line_number;
    if (line_number <= options.skip_lines) continue;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty()) continue;
    int64_t fields = 0;
    bool is_row = true;
    absl::string_view bad;
    const size_t row_begin = values.size();
    for (absl::string_view field : absl::StrSplit(line, options.separator)) {
      float value = 0;
      ++fields;
      if (ParseNumber(field, &value)) {
        values.push_back(value);
      } else {
        if (is_row) bad = Trim(field);
        is_row = false;
      }
    }
    if (!is_row) {
      if (columns >= 0 || HasANumberTwice({values.begin() + static_cast<std::ptrdiff_t>(row_begin), values.end()})) {
        return InvalidArgument(name, ", line ", line_number, ": '", absl::CHexEscape(bad.substr(0, 40)),
                               "' is not a number");
      }
      values.resize(row_begin);
      for (absl::string_view field : absl::StrSplit(line, options.separator)) table.header.emplace_back(Trim(field));
    } else {
      ++rows;
    }
    if (columns < 0) {
      columns = fields;
      first_line = line_number;
    } else if (fields != columns) {
      return InvalidArgument(name, ", line ", line_number, ": ", fields, " fields, expected ", columns, " as in line ",
                             first_line);
    }
  }
  if (rows == 0) return InvalidArgument(name, ": no rows of numbers");
  WEFT_ASSIGN_OR_RETURN(table.values, Tensor::FromVector<float>(values, {rows, columns}));
  return table;
}

absl::StatusOr<CsvTable> ReadCsv(absl::string_view path, const CsvOptions& options) {
  WEFT_ASSIGN_OR_RETURN(std::string text, ReadMaybeGzip(path));
  return ParseCsv(text, path, options);
}

absl::StatusOr<LabelledImages> SplitLabelledImages(const CsvTable& table, absl::string_view name, int64_t label_column,
                                                   int max_label) {
  const int64_t rows = table.values.dims()[0], columns = table.values.dims()[1];
  if (columns < 2 || label_column < 0 || label_column >= columns) {
    return InvalidArgument(name, ": expected a label and pixels, the table has ", columns, " columns");
  }
  LabelledImages result;
  WEFT_ASSIGN_OR_RETURN(result.images, Tensor::Create(DType::kUInt8, {rows, columns - 1}));
  WEFT_ASSIGN_OR_RETURN(result.labels, Tensor::Create(DType::kUInt8, {rows}));
  absl::Span<const float> from = table.values.data<float>();
  absl::Span<uint8_t> images = result.images.mutable_data<uint8_t>(), labels = result.labels.mutable_data<uint8_t>();
  for (int64_t i = 0, to = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) {
      float value = from[i * columns + j];
      float limit = j == label_column ? static_cast<float>(max_label) : 255.0f;
      if (!(value >= 0) || value > limit || value != static_cast<float>(static_cast<int>(value))) {
        return InvalidArgument(name, ", sample ", i, ": ", j == label_column ? "label " : "pixel ", value,
                               ", expected a whole number 0 ... ", limit);
      }
      (j == label_column ? labels[i] : images[to++]) = static_cast<uint8_t>(value);
    }
  }
  return result;
}

}  // namespace weft
