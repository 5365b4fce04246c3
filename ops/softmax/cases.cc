#include "ops/softmax/cases.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ops/softmax/softmax.h"

namespace weft {
namespace {

void Add(std::vector<OpCase>& cases, const char* op, std::string name, std::vector<CaseInput> inputs,
         std::function<Value(absl::Span<const Value>)> record) {
  OpCase c;
  c.op = op;
  c.name = std::move(name);
  c.inputs = std::move(inputs);
  c.record = [record = std::move(record)](GraphBuilder&, absl::Span<const Value> in) {
    return std::vector<Value>{record(in)};
  };
  cases.push_back(std::move(c));
}

CaseInput Logits(Dims dims) {
  CaseInput input;
  input.dims = std::move(dims);
  input.low = -6;
  input.high = 6;
  return input;
}

CaseInput Labels(DType dtype, Dims dims, double low, double high) {
  CaseInput input;
  input.dtype = dtype;
  input.dims = std::move(dims);
  input.low = low;
  input.high = high;
  return input;
}

}  // namespace

void AddSoftmaxCases(std::vector<OpCase>& cases) {
  struct Along {
    const char* op;
    Value (*record)(Value x, int axis, SourceLocation where);
  };
  for (const auto& [op, record] : {Along{"softmax", Softmax}, Along{"log_softmax", LogSoftmax}}) {
    for (int64_t n : {1, 2, 10, 15, 16, 17, 63, 64, 65, 130, 1000}) {
      Add(cases, op, absl::StrCat("rows_of_", n), {Logits({5, n})},
          [record = record](absl::Span<const Value> in) { return record(in[0], -1, {}); });
    }
    for (int axis : {0, 1, 2}) {
      Add(cases, op, absl::StrCat("axis_", axis), {Logits({4, 7, 19})},
          [record = record, axis](absl::Span<const Value> in) { return record(in[0], axis, {}); });
    }
    for (const Dims& dims : {Dims{7}, Dims{0, 5}, Dims{3, 0}, Dims{150, 3}}) {
      Add(cases, op, absl::StrCat("dims_", DimsToString(dims)), {Logits(dims)},
          [record = record](absl::Span<const Value> in) { return record(in[0], -1, {}); });
    }
  }
  for (int64_t n : {1, 2, 10, 16, 17, 64, 65, 130}) {
    CaseInput p = Logits({5, n});
    p.low = 0;
    p.high = 1;
    Add(cases, "softmax_cross_entropy", absl::StrCat("rows_of_", n), {Logits({5, n}), p},
        [](absl::Span<const Value> in) { return SoftmaxCrossEntropy(in[0], in[1]); });
    for (DType dtype : {DType::kInt32, DType::kInt64, DType::kUInt8}) {
      Add(cases, "sparse_softmax_cross_entropy", absl::StrCat("rows_of_", n, "_", Name(dtype)),
          {Logits({5, n}), Labels(dtype, {5}, 0, static_cast<double>(n - 1))},
          [](absl::Span<const Value> in) { return SparseSoftmaxCrossEntropy(in[0], in[1]); });
    }
  }
  for (const Dims& rows : {Dims{}, Dims{200}, Dims{3, 4}, Dims{0}}) {
    Dims dims = rows;
    dims.push_back(6);
    CaseInput p = Logits(dims);
    p.low = 0;
    p.high = 1;
    Add(cases, "softmax_cross_entropy", absl::StrCat("dims_", DimsToString(dims)), {Logits(dims), p},
        [](absl::Span<const Value> in) { return SoftmaxCrossEntropy(in[0], in[1]); });
    Add(cases, "sparse_softmax_cross_entropy", absl::StrCat("dims_", DimsToString(dims)),
        {Logits(dims), Labels(DType::kInt64, rows, 0, 5)},
        [](absl::Span<const Value> in) { return SparseSoftmaxCrossEntropy(in[0], in[1]); });
  }
  // A composition, for its gradient.
  CaseInput t = Logits({5, 7});
  t.low = 0;
  t.high = 1;
  Add(cases, "softmax", "with_sigmoid_cross_entropy", {Logits({5, 7}), t},
      [](absl::Span<const Value> in) { return SigmoidCrossEntropy(Softmax(in[0]), in[1]); });
}

}  // namespace weft
