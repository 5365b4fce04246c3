#include "graph/text/literal.h"

#include <bit>
#include <charconv>
#include <limits>
#include <type_traits>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "core/status.h"

namespace weft {
namespace {

template <typename T>
using BitsOf = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;

template <typename T>
void AppendFloatOf(T value, std::string* out) {
  if (value != value) {
    const auto bits = std::bit_cast<BitsOf<T>>(value);
    absl::StrAppend(out, "nan");
    if (bits != std::bit_cast<BitsOf<T>>(std::numeric_limits<T>::quiet_NaN())) {
      absl::StrAppendFormat(out, "(0x%x)", bits);
    }
    return;
  }
  char text[64];
  auto [end, error] = std::to_chars(text, text + sizeof(text), value);
  static_cast<void>(error);  // 64 characters are enough for any value
  out->append(text, end);
}

template <typename T>
bool ParseFloatOf(absl::string_view text, T* value) {
  if (text == "nan") {
    *value = std::numeric_limits<T>::quiet_NaN();
    return true;
  }
  if (absl::ConsumePrefix(&text, "nan(0x") && absl::ConsumeSuffix(&text, ")")) {
    BitsOf<T> bits = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits, 16);
    if (error != std::errc() || end != text.data() + text.size()) return false;
    const T nan = std::bit_cast<T>(bits);
    if (nan == nan) return false;
    // A signalling NaN passed by value through an x87 register would become quiet; SSE keeps it.
    *value = nan;
    return true;
  }
  if (text == "inf" || text == "-inf") {
    *value = text[0] == '-' ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::infinity();
    return true;
  }
  // from_chars would also take "infinity" and "nan(...)" of its own.
  if (text.empty() || text.find_first_not_of("0123456789.eE+-") != absl::string_view::npos) return false;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size();
}

void AppendElement(const Tensor& tensor, int64_t i, std::string* out) {
  DispatchDType(tensor.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T value = static_cast<const T*>(tensor.raw())[i];
    if constexpr (std::is_same_v<T, bool>) {
      absl::StrAppend(out, value ? "true" : "false");
    } else if constexpr (std::is_integral_v<T>) {
      absl::StrAppend(out, static_cast<int64_t>(value));
    } else {
      AppendFloat(value, out);
    }
  });
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

int Utf8Length(absl::string_view text) {
  if (text.empty()) return 0;
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  int length = 0;
  unsigned char low = 0x80, high = 0xbf;  // of the second byte: no overlong forms, surrogates or code past U+10FFFF
  if (first >= 0xc2 && first <= 0xdf) {
    length = 2;
  } else if (first >= 0xe0 && first <= 0xef) {
    length = 3;
    if (first == 0xe0) low = 0xa0;
    if (first == 0xed) high = 0x9f;
  } else if (first >= 0xf0 && first <= 0xf4) {
    length = 4;
    if (first == 0xf0) low = 0x90;
    if (first == 0xf4) high = 0x8f;
  }
  if (length == 0 || text.size() < static_cast<size_t>(length) || byte(1) < low || byte(1) > high) return 0;
  for (int i = 2; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xbf) return 0;
  }
  return length;
}

bool IsUtf8(absl::string_view text) {
  while (!text.empty()) {
    const int length = Utf8Length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string Quote(absl::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const unsigned char c = text[0];
    const int length = Utf8Length(text);
    if (c == '"' || c == '\\') {
      out += {'\\', text[0]};
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (length == 0 || c < 0x20 || c == 0x7f) {
      absl::StrAppendFormat(&out, "\\x%02x", c);
    } else {
      absl::StrAppend(&out, text.substr(0, length));
    }
    text.remove_prefix(length > 1 ? length : 1);
  }
  out += '"';
  return out;
}

absl::StatusOr<std::string> Unquote(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    const char c = ++i < text.size() ? text[i] : '\0';
    if (c == '"' || c == '\\') {
      out += c;
    } else if (c == 'n') {
      out += '\n';
    } else if (c == 't') {
      out += '\t';
    } else if (c == 'r') {
      out += '\r';
    } else if (c == 'x' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 && HexDigit(text[i + 2]) >= 0) {
      out += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
      i += 2;
    } else {
      return InvalidArgument("in a string: \\ is followed by \\, \", n, t, r, or x and two hexadecimal digits");
    }
  }
  return out;
}

void AppendFloat(float value, std::string* out) { AppendFloatOf(value, out); }
void AppendFloat(double value, std::string* out) { AppendFloatOf(value, out); }
bool ParseFloat(absl::string_view text, float* value) { return ParseFloatOf(text, value); }
bool ParseFloat(absl::string_view text, double* value) { return ParseFloatOf(text, value); }

bool ParseInt(absl::string_view text, int64_t* value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size();
}

void AppendTensor(const Tensor& tensor, int64_t max_elements, std::string* out) {
  absl::StrAppend(out, Name(tensor.dtype()), DimsToString(tensor.dims()), " ");
  const int64_t n = tensor.num_elements();
  if (tensor.rank() == 0) return AppendElement(tensor, 0, out);
  if (n == 0) {
    absl::StrAppend(out, "{}");  // there may be any number of empty rows
    return;
  }
  const int64_t shown = max_elements < 0 || n < max_elements ? n : max_elements;
  // block[k]: elements below one index of axis k - 1, so block[0] is all of them.
  Dims block(tensor.dims());
  for (int axis = tensor.rank() - 2; axis >= 0; --axis) block[axis] *= block[axis + 1];
  for (int64_t i = 0; i < shown; ++i) {
    if (i > 0) absl::StrAppend(out, ", ");
    for (int64_t size : block) {
      if (i % size == 0) *out += '{';
    }
    AppendElement(tensor, i, out);
    for (int64_t size : block) {
      if ((i + 1) % size == 0) *out += '}';
    }
  }
  if (shown == n) return;
  absl::StrAppend(out, shown > 0 ? ", " : "{", "...");
  if (shown == 0) *out += '}';
  for (int64_t size : block) {
    if (shown % size != 0) *out += '}';
  }
}

}  // namespace weft
