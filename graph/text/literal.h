// How strings, numbers and tensors are written in the text form, and read again.
#ifndef WEFT_GRAPH_TEXT_LITERAL_H_
#define WEFT_GRAPH_TEXT_LITERAL_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/tensor.h"

namespace weft {

// Bytes of the UTF-8 sequence at the beginning of `text`, 1 to 4; 0 where there is none.
int Utf8Length(absl::string_view text);
bool IsUtf8(absl::string_view text);

// "text" in quotes; \" \\ \n \t \r, and \xHH (always two digits) for other control characters and for bytes that are
// not UTF-8. Unquote takes the text between the quotes.
std::string Quote(absl::string_view text);
absl::StatusOr<std::string> Unquote(absl::string_view text);

// The shortest decimal that reads back to the same bits; "inf", "-inf", "nan" for the quiet NaN without sign or
// payload, "nan(0xffc00001)" with the bits for any other.
void AppendFloat(float value, std::string* out);
void AppendFloat(double value, std::string* out);
// False for text that is no such literal, or one that does not fit.
bool ParseFloat(absl::string_view text, float* value);
bool ParseFloat(absl::string_view text, double* value);
bool ParseInt(absl::string_view text, int64_t* value);

// "f32[2,2] {{1, 2}, {3, 4}}", "i64[] 7", "f32[0,3] {}". With more than max_elements of them (-1: no limit) only the
// first are written, then "...".
void AppendTensor(const Tensor& tensor, int64_t max_elements, std::string* out);

}  // namespace weft

#endif  // WEFT_GRAPH_TEXT_LITERAL_H_
