// Value: a handle to one result of a recorded operation. Cheap to copy; valid as long as its GraphBuilder.
//
//   Value y = Relu(MatMul(x, w) + b);
//
// Operations never fail in place: one that is given wrong operands returns an error Value and tells the builder,
// operations on an error Value hand it on, and GraphBuilder::Build() returns the first error, with op, layer, types and
// file:line.
#ifndef WEFT_GRAPH_IR_VALUE_H_
#define WEFT_GRAPH_IR_VALUE_H_

#include <cstdint>

#include "core/source_location.h"
#include "core/tensor_type.h"

namespace weft {

class GraphBuilder;

using ValueId = int32_t;
using NodeId = int32_t;

class Value {
 public:
  // No value: an absent gradient, or an operand that was never set (using it is an error that names the op).
  Value() = default;

  // False for an absent value and for the result of a failed operation.
  bool ok() const { return builder_ != nullptr && id_ >= 0; }
  // True for Value() only.
  bool absent() const { return builder_ == nullptr; }

  // For an error Value: float32 scalar.
  const TensorType& type() const;
  DType dtype() const { return type().dtype; }
  const Shape& shape() const { return type().shape; }
  int rank() const { return type().shape.rank(); }

  GraphBuilder* builder() const { return builder_; }
  ValueId id() const { return id_; }
  friend bool operator==(const Value& a, const Value& b) { return a.builder_ == b.builder_ && a.id_ == b.id_; }

 private:
  friend class GraphBuilder;
  Value(GraphBuilder* builder, ValueId id) : builder_(builder), id_(id) {}
  GraphBuilder* builder_ = nullptr;
  ValueId id_ = -1;  // -1: error
};

// An operand that carries where it was written, so that operators (x + y) can report file:line. A number becomes a
// constant of the other operand's dtype.
class ValueAt {
 public:
  ValueAt(Value value, SourceLocation where = SourceLocation::current()) : value_(value), where_(where) {}  // NOLINT
  ValueAt(double literal, SourceLocation where = SourceLocation::current())                                 // NOLINT
      : literal_(literal), is_literal_(true), where_(where) {}
  ValueAt(int literal, SourceLocation where = SourceLocation::current())  // NOLINT
      : literal_(literal), is_literal_(true), where_(where) {}

  bool is_literal() const { return is_literal_; }
  double literal() const { return literal_; }
  const Value& value() const { return value_; }  // absent for a literal
  const SourceLocation& where() const { return where_; }

 private:
  Value value_;
  double literal_ = 0;
  bool is_literal_ = false;
  SourceLocation where_;
};

}  // namespace weft

#endif  // WEFT_GRAPH_IR_VALUE_H_
