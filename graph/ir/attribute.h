// Attributes: the small typed constants of a node. A node's attributes are an immutable map, sorted by name, shared by
// every version of a graph that passes make.
#ifndef WEFT_GRAPH_IR_ATTRIBUTE_H_
#define WEFT_GRAPH_IR_ATTRIBUTE_H_

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/dtype.h"
#include "core/shape.h"
#include "core/tensor.h"
#include "core/tensor_type.h"

namespace weft {

class Graph;
using GraphPtr = std::shared_ptr<const Graph>;

// The order of the alternatives is the order of AttrKind and part of the file format.
using AttrValue = std::variant<bool, int64_t, double, std::string, std::vector<int64_t>, std::vector<double>, DType,
                               Shape, TensorType, Tensor, GraphPtr>;

enum class AttrKind : uint8_t {
  kBool,
  kInt,
  kFloat,
  kString,
  kInts,
  kFloats,
  kDType,
  kShape,
  kType,
  kTensor,
  kFunction,
};

inline AttrKind KindOf(const AttrValue& value) { return static_cast<AttrKind>(value.index()); }
absl::string_view Name(AttrKind kind);

// Bit equality: a NaN equals itself and -0 differs from +0; tensors by BitEqual, functions by structure.
bool AttrEqual(const AttrValue& a, const AttrValue& b);
size_t AttrHash(const AttrValue& value);

class AttrMap {
 public:
  using Entry = std::pair<std::string, AttrValue>;
  AttrMap() = default;
  AttrMap(std::initializer_list<Entry> entries);  // a later entry of the same name wins
  explicit AttrMap(std::vector<Entry> entries);

  // nullptr where there is none.
  const AttrValue* Find(absl::string_view name) const;
  // A copy with one entry set.
  AttrMap With(absl::string_view name, AttrValue value) const;

  // The value of an attribute that the op's schema guarantees (recording and the verifier check names and kinds against
  // OpDef::attrs). A name or kind outside the schema yields a value-initialized T, never undefined behaviour.
  template <typename T>
  const T& Get(absl::string_view name) const {
    static const T kNone{};
    const AttrValue* value = Find(name);
    const T* typed = value == nullptr ? nullptr : std::get_if<T>(value);
    return typed == nullptr ? kNone : *typed;
  }
  bool Bool(absl::string_view name) const { return Get<bool>(name); }
  int64_t Int(absl::string_view name) const { return Get<int64_t>(name); }
  double Float(absl::string_view name) const { return Get<double>(name); }
  const std::string& String(absl::string_view name) const { return Get<std::string>(name); }
  const std::vector<int64_t>& Ints(absl::string_view name) const { return Get<std::vector<int64_t>>(name); }
  DType Type(absl::string_view name) const { return Get<DType>(name); }
  const GraphPtr& Function(absl::string_view name) const { return Get<GraphPtr>(name); }

  absl::Span<const Entry> entries() const { return entries_; }
  bool empty() const { return entries_.empty(); }
  friend bool operator==(const AttrMap& a, const AttrMap& b);
  size_t Hash() const;

 private:
  std::vector<Entry> entries_;
};

bool operator==(const AttrMap& a, const AttrMap& b);

using AttrsPtr = std::shared_ptr<const AttrMap>;

}  // namespace weft

#endif  // WEFT_GRAPH_IR_ATTRIBUTE_H_
