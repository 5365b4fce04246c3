#include "ops/elementwise/cases.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ops/elementwise/elementwise.h"

namespace weft {
namespace {

using Record = std::function<Value(absl::Span<const Value> in)>;

class CaseList {
 public:
  explicit CaseList(std::vector<OpCase>& cases) : cases_(cases) {}

  void Add(const char* op, std::string name, std::vector<CaseInput> inputs, Record record, double ulp) {
    OpCase c;
    c.op = op;
    c.name = std::move(name);
    c.inputs = std::move(inputs);
    c.record = [record = std::move(record)](GraphBuilder&, absl::Span<const Value> in) {
      return std::vector<Value>{record(in)};
    };
    c.bit_exact = ulp == 0;
    c.tolerance = ulp + 1;  // the reference is rounded, too
    c.special_values = true;
    cases_.push_back(std::move(c));
  }

  // One operand: a few elements, and some tiles with a tail.
  void Unary(const char* op, const CaseInput& like, const Record& record, double ulp) {
    for (auto& [name, dims] : std::vector<std::pair<const char*, Dims>>{{"small", {7}}, {"large", {3, 700}}}) {
      CaseInput input = like;
      input.dims = dims;
      Add(op, absl::StrCat(Name(like.dtype), "_", name), {input}, record, ulp);
    }
  }

  // Two operands, in all the ways they may broadcast.
  void Binary(const char* op, const CaseInput& a, const CaseInput& b, const Record& record, double ulp,
              const std::string& prefix = "") {
    struct Shapes {
      const char* name;
      Dims a, b;
    };
    for (const Shapes& shapes :
         {Shapes{"same", {3, 700}, {3, 700}}, Shapes{"row", {33, 10}, {10}}, Shapes{"column", {21, 1}, {21, 33}},
          Shapes{"outer", {17, 1}, {1, 19}}, Shapes{"middle", {3, 1, 5}, {3, 7, 5}}, Shapes{"scalar", {}, {65}},
          Shapes{"scalars", {}, {1, 1}}, Shapes{"empty", {0, 3}, {3}}}) {
      CaseInput x = a, y = b;
      x.dims = shapes.a;
      y.dims = shapes.b;
      Add(op, absl::StrCat(prefix, Name(a.dtype), "_", shapes.name), {x, y}, record, ulp);
    }
  }

 private:
  std::vector<OpCase>& cases_;
};

CaseInput Float(double low, double high, std::vector<double> avoid = {}, double margin = 0.05) {
  CaseInput input;
  input.low = low;
  input.high = high;
  input.avoid = std::move(avoid);
  input.margin = margin;
  return input;
}
CaseInput Integer(DType dtype, double low, double high) {
  CaseInput input;
  input.dtype = dtype;
  input.low = low;
  input.high = high;
  return input;
}
CaseInput Bool() { return Integer(DType::kBool, 0, 1); }

// Where an op is defined and differentiable.
CaseInput UnaryRange(const std::string& op) {
  if (op == "sqrt" || op == "rsqrt" || op == "log") return Float(0.2, 4);
  if (op == "log1p") return Float(-0.8, 3);
  if (op == "erfinv") return Float(-0.9, 0.9);
  if (op == "abs" || op == "sign" || op == "relu") return Float(-2, 2, {0});
  if (op == "floor" || op == "ceil") return Float(-2, 2, {-2, -1, 0, 1, 2});
  if (op == "round") return Float(-2, 2, {-1.5, -0.5, 0.5, 1.5});
  if (op == "exp" || op == "expm1" || op == "tanh" || op == "sigmoid" || op == "softplus") return Float(-4, 4);
  return Float(-2, 2);
}
std::pair<CaseInput, CaseInput> BinaryRange(const std::string& op) {
  if (op == "div") return {Float(-2, 2), Float(-2, 2, {0}, 0.3)};
  if (op == "mod") return {Float(0.5, 2.5), Float(3, 4)};
  if (op == "pow") return {Float(0.3, 2.5), Float(-2, 2)};
  // a near integers, b near halves: no two are equal.
  if (op == "minimum" || op == "maximum") {
    return {Float(-2.2, 2.2, {-1.5, -0.5, 0.5, 1.5}, 0.3), Float(-1.7, 1.7, {-1, 0, 1}, 0.3)};
  }
  return {Float(-2, 2), Float(-2, 2)};
}

// Every integer dtype, with the ends of its range in it.
std::vector<CaseInput> Integers() {
  return {Integer(DType::kInt32, -2147483648.0, 2147483647.0), Integer(DType::kInt64, -9e18, 9e18),
          Integer(DType::kUInt8, 0, 255)};
}
// Few values, so that equal ones, 0 and -1 occur.
std::vector<CaseInput> SmallIntegers() {
  return {Integer(DType::kInt32, -3, 3), Integer(DType::kInt64, -3, 3), Integer(DType::kUInt8, 0, 3)};
}

void AddFloatUnary(CaseList& list, const char* op, const Record& record, double ulp) {
  list.Unary(op, UnaryRange(op), record, ulp);
}
void AddNumericUnary(CaseList& list, const char* op, const Record& record, double ulp) {
  AddFloatUnary(list, op, record, ulp);
  for (const CaseInput& x : Integers()) list.Unary(op, x, record, 0);
}
void AddBoolUnary(CaseList& list, const char* op, const Record& record, double) { list.Unary(op, Bool(), record, 0); }

void AddFloatBinary(CaseList& list, const char* op, const Record& record, double ulp) {
  const auto [a, b] = BinaryRange(op);
  list.Binary(op, a, b, record, ulp);
}
void AddNumericBinary(CaseList& list, const char* op, const Record& record, double ulp) {
  AddFloatBinary(list, op, record, ulp);
  for (const CaseInput& x : Integers()) list.Binary(op, x, x, record, 0);
  for (const CaseInput& x : SmallIntegers()) list.Binary(op, x, x, record, 0, "small_");
}
void AddBoolBinary(CaseList& list, const char* op, const Record& record, double) {
  list.Binary(op, Bool(), Bool(), record, 0);
}
void AddComparison(CaseList& list, const char* op, const Record& record) {
  AddNumericBinary(list, op, record, 0);
  AddBoolBinary(list, op, record, 0);
}

void AddSelectCases(CaseList& list) {
  for (DType dtype : {DType::kFloat32, DType::kInt32, DType::kInt64, DType::kUInt8, DType::kBool}) {
    CaseInput condition = Bool(), a = Integer(dtype, 0, 1), b = a;
    auto record = [](absl::Span<const Value> in) { return Select(in[0], in[1], in[2]); };
    condition.dims = a.dims = b.dims = {3, 700};
    list.Add("select", absl::StrCat(Name(dtype), "_same"), {condition, a, b}, record, 0);
    condition.dims = {21, 1};
    a.dims = {};
    b.dims = {21, 33};
    list.Add("select", absl::StrCat(Name(dtype), "_broadcast"), {condition, a, b}, record, 0);
    condition.dims = {33};
    a.dims = {33};
    b.dims = {5, 33};
    list.Add("select", absl::StrCat(Name(dtype), "_row"), {condition, a, b}, record, 0);
  }
}

void AddCastCases(CaseList& list) {
  std::vector<CaseInput> inputs = Integers();
  inputs.push_back(Float(-300, 300));
  inputs.push_back(Bool());
  for (const CaseInput& input : inputs) {
    for (DType to : {DType::kFloat32, DType::kFloat64, DType::kInt32, DType::kInt64, DType::kUInt8, DType::kBool}) {
      CaseInput x = input;
      x.dims = {1003};
      list.Add(
          "cast", absl::StrCat(Name(x.dtype), "_to_", Name(to)), {x},
          [to](absl::Span<const Value> in) { return Cast(in[0], to); }, 0);
    }
  }
}

void AddClipCases(CaseList& list) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  auto clip = [](double low, double high) {
    return [=](absl::Span<const Value> in) { return Clip(in[0], low, high); };
  };
  auto add = [&](const char* name, CaseInput x, double low, double high) {
    x.dims = {5, 131};
    list.Add("clip", name, {x}, clip(low, high), 0);
  };
  add("f32_both", Float(-2, 2, {-1, 1.5}), -1, 1.5);
  add("f32_low", Float(-2, 2, {0.1}), 0.1, kInf);
  add("f32_high", Float(-2, 2, {0.1}), -kInf, 0.1);
  add("i32", Integer(DType::kInt32, -9, 9), -3, 5);
  add("i64", Integer(DType::kInt64, -9, 9), -3, kInf);
  add("u8", Integer(DType::kUInt8, 0, 255), 10, 100);
}

}  // namespace

void AddElementwiseCases(std::vector<OpCase>& cases) {
  CaseList list(cases);
#define WEFT_UNARY(Function, op, Class, Diff, ulp, cycles, formula) \
  Add##Class##Unary(                                                \
      list, #op, [](absl::Span<const Value> in) { return Function(in[0]); }, ulp);
#define WEFT_BINARY(Function, op, Class, Diff, commutative, ulp, cycles, formula) \
  Add##Class##Binary(                                                             \
      list, #op, [](absl::Span<const Value> in) { return Function(in[0], in[1]); }, ulp);
#define WEFT_COMPARE(Function, op, commutative, cycles, formula) \
  AddComparison(list, #op, [](absl::Span<const Value> in) { return Function(in[0], in[1]); });
#define WEFT_PREDICATE(Function, op, cycles, formula) \
  AddFloatUnary(                                      \
      list, #op, [](absl::Span<const Value> in) { return Function(in[0]); }, 0);
#include "ops/elementwise/elementwise_ops.inc"
  AddClipCases(list);
  AddSelectCases(list);
  AddCastCases(list);
  // A quotient below -1, and one above 1: floor(a / b) counts in the gradient.
  for (double low : {-2.5, 4.5}) {
    list.Binary(
        "mod", Float(low, low + 1), Float(3, 4), [](absl::Span<const Value> in) { return Mod(in[0], in[1]); }, 0,
        low < 0 ? "below_" : "above_");
  }
}

}  // namespace weft
