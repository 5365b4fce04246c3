#include "ops/elementwise/elementwise.h"

#include <algorithm>

#include "core/status.h"
#include "ops/elementwise/infer.h"

namespace weft {
namespace {

// Records on the builder of the first operand that has one. Value() if there is none: nobody can be told.
Value RecordOn(absl::string_view op, absl::Span<const Value> operands, AttrMap attrs, SourceLocation where) {
  for (const Value& v : operands) {
    if (!v.absent()) return v.builder()->Record1(op, operands, std::move(attrs), where);
  }
  return Value();
}

// The first Value among two operands that has a builder; absent if there is none.
Value Typed(const ValueAt& a, const ValueAt& b) {
  if (!a.is_literal() && !a.value().absent()) return a.value();
  return b.is_literal() ? Value() : b.value();
}

// A literal becomes a constant of dtype `like`, noted as written at `where`.
Value Materialize(GraphBuilder& builder, const ValueAt& operand, DType like, SourceLocation where) {
  return operand.is_literal() ? builder.Operand(ValueAt(operand.literal(), where), like) : operand.value();
}

Value RecordBinary(absl::string_view op, const ValueAt& a, const ValueAt& b, SourceLocation where) {
  Value typed = Typed(a, b);
  if (typed.absent()) return Value();
  GraphBuilder& builder = *typed.builder();
  return RecordOn(op, {Materialize(builder, a, typed.dtype(), where), Materialize(builder, b, typed.dtype(), where)},
                  {}, where);
}

}  // namespace

#define WEFT_UNARY(Function, op, Class, Diff, ulp, cycles, formula) \
  Value Function(Value x, SourceLocation where) { return RecordOn(#op, {x}, {}, where); }
#define WEFT_BINARY(Function, op, Class, Diff, commutative, ulp, cycles, formula) \
  Value Function(ValueAt a, ValueAt b, SourceLocation where) { return RecordBinary(#op, a, b, where); }
#define WEFT_COMPARE(Function, op, commutative, cycles, formula) \
  Value Function(ValueAt a, ValueAt b, SourceLocation where) { return RecordBinary(#op, a, b, where); }
#define WEFT_PREDICATE(Function, op, cycles, formula) \
  Value Function(Value x, SourceLocation where) { return RecordOn(#op, {x}, {}, where); }
#include "ops/elementwise/elementwise_ops.inc"

Value Clip(Value x, double low, double high, SourceLocation where) {
  return RecordOn("clip", {x}, {{"min", low}, {"max", high}}, where);
}

Value Select(Value condition, ValueAt a, ValueAt b, SourceLocation where) {
  Value typed = Typed(a, b);
  GraphBuilder* builder = condition.absent() ? typed.builder() : condition.builder();
  if (builder == nullptr) return Value();
  if (a.is_literal() && b.is_literal()) {
    return builder->Error(InvalidArgument("select (", where.file_name(), ":", where.line(),
                                          "): both branches are literals, so their dtype is unknown; expected at least "
                                          "one Value (or Cast the condition)"));
  }
  return RecordOn(
      "select",
      {condition, Materialize(*builder, a, typed.dtype(), where), Materialize(*builder, b, typed.dtype(), where)}, {},
      where);
}

Value Cast(Value x, DType dtype, SourceLocation where) { return RecordOn("cast", {x}, {{"dtype", dtype}}, where); }

std::vector<Value> ElementwiseProgram(GraphBuilder& builder, GraphPtr body, absl::Span<const Value> inputs, int joined,
                                      SourceLocation where) {
  const int num_outputs = body == nullptr ? 1 : static_cast<int>(body->outputs().size()) - std::max(joined - 1, 0);
  return builder.Record("elementwise_program", inputs, {{"body", std::move(body)}, {kJoinedAttr, int64_t{joined}}},
                        where, std::max(num_outputs, 1));
}

}  // namespace weft
