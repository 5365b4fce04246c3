#include "ops/reduce/cases.h"

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ops/reduce/reduce.h"

namespace weft {
namespace {

using Reducer = Value (*)(Value, ReduceOptions);

struct Shapes {
  const char* name;
  Dims dims;
  std::vector<int> axes;
  bool keepdims;
};

// Rows and columns, around the widths of vectors, lanes, blocks and chunks.
std::vector<Shapes> AllShapes() {
  std::vector<Shapes> shapes = {
      {"all_of_rank_3", {3, 5, 7}, {}, false},
      {"middle", {3, 5, 7}, {1}, true},
      {"first_two", {4, 6, 33}, {0, 1}, false},
      {"last_two", {9, 5, 7}, {1, 2}, false},
      {"two_groups", {4, 5, 6}, {0, 2}, false},
      {"two_groups_kept", {4, 5, 6}, {0, 2}, true},
      {"three_groups", {2, 3, 2, 3, 5}, {0, 2, 4}, false},
      {"ones", {1, 6, 1}, {1}, false},
      {"no_rows", {0, 5}, {0}, false},
      {"no_columns", {5, 0}, {1}, true},
      {"no_results", {5, 0, 3}, {0}, false},
      {"outer_columns", {3, 20, 37}, {1}, false},
      {"chunks", {700, 5}, {0}, false},
      {"chunks_wide", {513, 150}, {0}, false},
      {"one_chunk", {256, 19}, {0}, false},
      {"wide", {6, 600}, {0}, true},
  };
  for (int64_t n : {1, 3, 10, 15, 16, 17, 63, 64, 65, 100, 128, 1000}) {
    shapes.push_back({"row", {3, n}, {-1}, false});
    shapes.push_back({"column", {11, n}, {0}, false});
  }
  return shapes;
}

class CaseList {
 public:
  explicit CaseList(std::vector<OpCase>& cases) : cases_(cases) {}

  OpCase& Add(const char* op, std::string name, CaseInput input, std::function<Value(Value)> record) {
    OpCase c;
    c.op = op;
    c.name = std::move(name);
    c.inputs = {std::move(input)};
    c.record = [record = std::move(record)](GraphBuilder&, absl::Span<const Value> in) {
      return std::vector<Value>{record(in[0])};
    };
    cases_.push_back(std::move(c));
    return cases_.back();
  }

  void Reduction(const char* op, Reducer reduce, bool exact) {
    for (const Shapes& s : AllShapes()) {
      // The infinities of an extremum over nothing are checked apart: they have no numeric gradient.
      if (exact && absl::StrContains(s.name, "no_")) continue;
      CaseInput input;
      input.dims = s.dims;
      if (op == std::string("reduce_prod")) input.low = 0.8, input.high = 1.2;
      if (exact) input.distinct = true, input.margin = 0.01;
      ReduceOptions options;
      options.axes = s.axes;
      options.keepdims = s.keepdims;
      OpCase& c = Add(op, absl::StrCat(s.name, "_", DimsToString(s.dims)), input,
                      [reduce, options](Value x) { return reduce(x, options); });
      c.bit_exact = c.special_values = exact;
      // A chain of 256 rounds at each step; relative to the largest result that is still little.
      c.tolerance = op == std::string("reduce_prod") ? 300 : 40;
    }
    for (DType dtype : {DType::kInt32, DType::kInt64, DType::kUInt8, DType::kBool}) {
      if (dtype == DType::kBool && !exact) continue;
      for (const std::vector<int>& axes : std::vector<std::vector<int>>{{0}, {1}, {2}, {1, 2}, {}}) {
        CaseInput input;
        input.dtype = dtype;
        input.dims = {5, 6, 7};
        input.low = dtype == DType::kUInt8 ? 0 : -2e9;
        input.high = dtype == DType::kUInt8 ? 255 : 2e9;
        ReduceOptions options;
        options.axes = axes;
        Add(op, absl::StrCat(Name(dtype), "_", axes.size(), "_axes_from_", axes.empty() ? 0 : axes[0]), input,
            [reduce, options](Value x) { return reduce(x, options); })
            .bit_exact = true;
      }
    }
  }

 private:
  std::vector<OpCase>& cases_;
};

}  // namespace

void AddReduceCases(std::vector<OpCase>& cases) {
  CaseList list(cases);
  list.Reduction("reduce_sum", ReduceSum, false);
  list.Reduction("reduce_prod", ReduceProd, false);
  list.Reduction("reduce_max", ReduceMax, true);
  list.Reduction("reduce_min", ReduceMin, true);
  // Compositions, for their gradients.
  list.Add("reduce_sum", "mean", {.dims = {4, 5, 3}}, [](Value x) { return ReduceMean(x, {.axes = {0, 2}}); });
  list.Add("reduce_max", "log_sum_exp", {.dims = {4, 5, 3}}, [](Value x) { return LogSumExp(x, {.axes = {0, -1}}); });
  list.Add("reduce_sum", "sum_to_shape", {.dims = {4, 5, 3}}, [](Value x) { return SumToShape(x, {5, 1}); });
  list.Add("reduce_prod", "zeros", {.dims = {3, 4}, .low = 0, .high = 0},
           [](Value x) { return ReduceProd(x, {.axes = {1}}); });

  for (DType dtype : {DType::kFloat32, DType::kFloat64, DType::kInt32, DType::kInt64, DType::kUInt8, DType::kBool}) {
    for (int axis : {0, 1, 2}) {
      CaseInput input;
      input.dtype = dtype;
      input.dims = {5, 6, 7};
      input.low = dtype == DType::kUInt8 ? 0 : -3;  // few numbers, so that many are equal
      input.high = 3;
      const std::string name = absl::StrCat(Name(dtype), "_axis_", axis);
      for (const char* op : {"argmax", "argmin"}) {
        auto record = op == std::string("argmax") ? ArgMax : ArgMin;
        OpCase& c = list.Add(op, name, input, [record, axis](Value x) { return record(x, axis, {}); });
        c.bit_exact = c.special_values = true;
      }
      if (dtype == DType::kBool) continue;
      for (int flags = 0; flags < 4; ++flags) {
        CumSumOptions options;
        options.reverse = (flags & 1) != 0;
        options.exclusive = (flags & 2) != 0;
        OpCase& c = list.Add("cumsum", absl::StrCat(name, flags & 1 ? "_reverse" : "", flags & 2 ? "_exclusive" : ""),
                             input, [axis, options](Value x) { return CumSum(x, axis, options); });
        c.bit_exact = dtype != DType::kFloat32;
      }
    }
  }
  list.Add("cumsum", "wide", {.dims = {19, 200}}, [](Value x) { return CumSum(x, 0); });
  list.Add("cumsum", "long", {.dims = {2, 1000}}, [](Value x) { return CumSum(x, 1); }).tolerance = 40;
}

}  // namespace weft
