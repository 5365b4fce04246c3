// std::source_location, or the same where the compiler lacks it (clang 14 with the library of g++ 12).
#ifndef WEFT_CORE_SOURCE_LOCATION_H_
#define WEFT_CORE_SOURCE_LOCATION_H_

#include <cstdint>
#include <version>

#ifdef __cpp_lib_source_location
#include <source_location>
#endif

namespace weft {

#ifdef __cpp_lib_source_location
using SourceLocation = std::source_location;
#else
class SourceLocation {
 public:
  static constexpr SourceLocation current(const char* file = __builtin_FILE(), uint32_t line = __builtin_LINE()) {
    SourceLocation where;
    where.file_ = file;
    where.line_ = line;
    return where;
  }
  constexpr const char* file_name() const { return file_; }
  constexpr uint32_t line() const { return line_; }

 private:
  const char* file_ = "";
  uint32_t line_ = 0;
};
#endif

}  // namespace weft

#endif  // WEFT_CORE_SOURCE_LOCATION_H_
