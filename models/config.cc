#include "models/config.h"

#include "absl/strings/ascii.h"

namespace weft {

// Keras' rule: an underscore before a capital that begins a word in lower case, and between a lower-case letter and a
// capital; everything else as it is.
std::string SnakeCase(absl::string_view class_name) {
  std::string result;
  for (size_t i = 0; i < class_name.size(); ++i) {
    const char c = class_name[i];
    if (i > 0 && absl::ascii_isupper(c)) {
      const bool begins_word = i + 1 < class_name.size() && absl::ascii_islower(class_name[i + 1]);
      if (begins_word || absl::ascii_islower(class_name[i - 1])) result += '_';
    }
    result += absl::ascii_tolower(c);
  }
  return result;
}

}  // namespace weft
