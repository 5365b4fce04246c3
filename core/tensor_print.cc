#include <charconv>
#include <string>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "core/tensor.h"

namespace weft {
namespace {

constexpr int64_t kShownWhole = 64;  // tensors up to this many elements are shown in full
constexpr int64_t kShownOfAxis = 3;  // of others, the first few along each axis ...
constexpr int64_t kShownInAll = 32;  // ... and never more than this

void AppendElement(const Tensor& t, int64_t i, std::string* out) {
  DispatchDType(t.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T value = static_cast<const T*>(t.raw())[i];
    if constexpr (std::is_same_v<T, bool>) {
      absl::StrAppend(out, value ? "true" : "false");
    } else if constexpr (std::is_integral_v<T>) {
      absl::StrAppend(out, static_cast<int64_t>(value));
    } else {
      char text[64];
      auto [end, error] = std::to_chars(text, text + sizeof(text), value);  // the shortest that reads back
      out->append(text, end);
    }
  });
}

struct Printer {
  const Tensor& tensor;
  const bool whole;
  int64_t left = kShownInAll;
  std::string out;

  // The part below `axis` whose first element is `offset` and which has `count` elements.
  void Append(int axis, int64_t offset, int64_t count) {
    if (axis == tensor.rank()) {
      AppendElement(tensor, offset, &out);
      --left;
      return;
    }
    const int64_t size = tensor.dims()[axis];
    out += '{';
    for (int64_t i = 0; i < size; ++i) {
      if (i > 0) out += ", ";
      if (!whole && (i == kShownOfAxis || left <= 0)) {
        out += "...";
        break;
      }
      Append(axis + 1, offset + i * (count / size), count / size);
    }
    out += '}';
  }
};

}  // namespace

std::string Tensor::ToString() const {
  // An empty tensor may have a huge number of empty rows: only its type is shown.
  std::string type = absl::StrCat(Name(dtype_), DimsToString(dims_), " ");
  if (num_elements_ == 0) return type + "{}";
  Printer printer{*this, num_elements_ <= kShownWhole, kShownInAll, std::move(type)};
  printer.Append(0, 0, num_elements_);
  return std::move(printer.out);
}

}  // namespace weft
