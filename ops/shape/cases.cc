#include "ops/shape/cases.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ops/elementwise/elementwise.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

constexpr DType kDTypes[] = {DType::kFloat32, DType::kFloat64, DType::kInt32,
                             DType::kInt64,   DType::kUInt8,   DType::kBool};

class CaseList {
 public:
  explicit CaseList(std::vector<OpCase>& cases) : cases_(cases) {}

  void Add(const char* op, std::string name, std::vector<CaseInput> inputs,
           std::function<Value(GraphBuilder& builder, absl::Span<const Value> in)> record) {
    OpCase c;
    c.op = op;
    c.name = std::move(name);
    c.inputs = std::move(inputs);
    c.record = [record = std::move(record)](GraphBuilder& builder, absl::Span<const Value> in) {
      return std::vector<Value>{record(builder, in)};
    };
    c.bit_exact = true;
    c.special_values = true;
    cases_.push_back(std::move(c));
  }

  void GradientIsZero(const char* op) {
    for (OpCase& c : cases_) c.gradient_is_zero = c.gradient_is_zero || c.op == op;
  }

  // For every dtype.
  void AllTypes(const char* op, const std::string& name, const Dims& dims, const std::function<Value(Value)>& record) {
    for (DType dtype : kDTypes) {
      CaseInput input;
      input.dtype = dtype;
      input.dims = dims;
      if (!IsFloat(dtype)) input.low = 0, input.high = 200;
      Add(op, absl::StrCat(name, "_", Name(dtype)), {input},
          [record](GraphBuilder&, absl::Span<const Value> in) { return record(in[0]); });
    }
  }

 private:
  std::vector<OpCase>& cases_;
};

void AddConstants(CaseList& list) {
  for (DType dtype : kDTypes) {
    const std::string name(Name(dtype));
    list.Add("constant", name, {},
             [dtype](GraphBuilder& b, absl::Span<const Value>) { return Constant(b, Tensor::Scalar(dtype, 2.5)); });
    list.Add("full", name, {}, [dtype](GraphBuilder& b, absl::Span<const Value>) {
      return Full(b, {dtype, {3, 67}}, -1.5);
    });
    if (dtype == DType::kBool) continue;
    for (int axis : {0, 1, 2}) {
      list.Add("iota", absl::StrCat(name, "_axis_", axis), {}, [dtype, axis](GraphBuilder& b, absl::Span<const Value>) {
        return Iota(b, {dtype, {3, 5, 17}}, axis);
      });
    }
  }
  list.Add("full", "empty", {}, [](GraphBuilder& b, absl::Span<const Value>) {
    return Full(b, {DType::kFloat32, {0, 4}}, 1);
  });
  list.Add("iota", "wraps_u8", {}, [](GraphBuilder& b, absl::Span<const Value>) {
    return Iota(b, {DType::kUInt8, {300}}, 0);
  });
  list.Add("dim_size", "of_operand", {{.dims = {7, 3}}},
           [](GraphBuilder&, absl::Span<const Value> in) { return DimSize(in[0], 0); });
}

void AddViews(CaseList& list) {
  list.AllTypes("reshape", "merge", {3, 4, 5}, [](Value x) { return Reshape(x, {12, -1}); });
  list.AllTypes("reshape", "from_scalar", {}, [](Value x) { return Reshape(x, {1, 1}); });
  // Behind a piecewise constant function, so that the numeric gradient is zero, too.
  CaseInput x;
  x.dims = {3, 5};
  x.avoid = {-2, -1, 0, 1, 2};
  list.Add("stop_gradient", "of_floor", {x},
           [](GraphBuilder&, absl::Span<const Value> in) { return StopGradient(Floor(in[0])); });
  x.dtype = DType::kUInt8;
  x.low = 0;
  list.Add("stop_gradient", "u8", {x}, [](GraphBuilder&, absl::Span<const Value> in) { return StopGradient(in[0]); });
}

void AddRearranged(CaseList& list) {
  struct Broadcast {
    const char* name;
    Dims from;
    Shape to;
  };
  for (const Broadcast& b :
       {Broadcast{"scalar", {}, {3, 67}}, Broadcast{"row", {67}, {5, 67}}, Broadcast{"column", {5, 1}, {5, 67}},
        Broadcast{"middle", {3, 1, 5}, {2, 3, 7, 5}}, Broadcast{"outer", {4, 1, 3}, {4, 9, 3}},
        Broadcast{"same", {4, 3}, {4, 3}}, Broadcast{"empty", {1, 3}, {0, 3}}}) {
    list.AllTypes("broadcast_to", b.name, b.from, [to = b.to](Value x) { return BroadcastTo(x, to); });
  }

  struct Permuted {
    const char* name;
    Dims dims;
    std::vector<int> perm;
  };
  for (const Permuted& p :
       {Permuted{"matrix", {17, 33}, {1, 0}}, Permuted{"large", {70, 131}, {1, 0}}, Permuted{"tall", {129, 3}, {1, 0}},
        Permuted{"batched", {3, 18, 5}, {0, 2, 1}}, Permuted{"rotate", {5, 7, 19}, {2, 0, 1}},
        Permuted{"reverse", {2, 3, 4, 17}, {3, 2, 1, 0}}, Permuted{"keep_last", {3, 4, 21}, {1, 0, 2}},
        Permuted{"identity", {3, 4}, {0, 1}}, Permuted{"ones", {1, 5, 1}, {2, 1, 0}}, Permuted{"empty", {0, 5}, {1, 0}},
        Permuted{"scalar", {}, {}}}) {
    list.AllTypes("transpose", p.name, p.dims, [perm = p.perm](Value x) { return Transpose(x, perm); });
  }

  for (int axis : {0, 1, 2}) {
    for (DType dtype : kDTypes) {
      std::vector<CaseInput> inputs;
      for (int64_t size : {3, 1, 0, 18}) {
        CaseInput input;
        input.dtype = dtype;
        input.dims = {4, 5, 7};
        input.dims[axis] = size;
        input.low = 0;
        inputs.push_back(input);
      }
      list.Add("concat", absl::StrCat("axis_", axis, "_", Name(dtype)), inputs,
               [axis](GraphBuilder&, absl::Span<const Value> in) { return Concat(in, axis); });
    }
  }
  list.AllTypes("concat", "twice_the_same", {5, 3}, [](Value x) { return Concat({x, x}, -1); });

  for (int axis : {0, 1, -1}) {
    for (DType dtype : {DType::kFloat32, DType::kInt64, DType::kUInt8}) {
      CaseInput input;
      input.dtype = dtype;
      input.dims = {7, 7, 7};
      input.low = 0;
      list.Add("split", absl::StrCat("axis_", axis, "_", Name(dtype)), {input},
               [axis](GraphBuilder&, absl::Span<const Value> in) {
                 const std::vector<Value> parts = Split(in[0], {Dim(3), Dim(0), Dim(4)}, axis);
                 return Concat({parts[2], parts[0], parts[1]}, axis);
               });
    }
  }
  CaseInput gates;
  gates.dims = {5, 66};
  list.Add("split", "of_which_one_part_is_read", {gates},
           [](GraphBuilder&, absl::Span<const Value> in) { return Split(in[0], 3, -1)[1]; });

  for (const std::vector<int>& axes : std::vector<std::vector<int>>{{0}, {1}, {2}, {0, 2}, {0, 1, 2}}) {
    list.AllTypes("reverse", absl::StrCat("axes_", axes.front(), "_", axes.back(), "_of_", axes.size()), {3, 5, 18},
                  [axes](Value x) { return Reverse(x, axes); });
  }
}

void AddSlices(CaseList& list) {
  struct Sliced {
    const char* name;
    Dims dims;
    Shape start, limit;
    std::vector<int64_t> stride;
  };
  for (const Sliced& s :
       {Sliced{"rows", {7, 33}, {2, 0}, {5, 33}, {1, 1}}, Sliced{"columns", {7, 33}, {0, 3}, {7, 21}, {1, 1}},
        Sliced{"stride", {9, 34}, {1, 2}, {9, 33}, {3, 5}}, Sliced{"inner", {4, 6, 8}, {1, 2, 0}, {3, 5, 8}, {1, 1, 1}},
        Sliced{"one", {5}, {4}, {5}, {1}}, Sliced{"nothing", {5, 3}, {2, 0}, {2, 3}, {1, 1}},
        Sliced{"all", {5, 3}, {0, 0}, {5, 3}, {1, 1}}}) {
    list.AllTypes("slice", s.name, s.dims,
                  [s](Value x) { return Slice(x, {.start = s.start, .limit = s.limit, .stride = s.stride}); });
  }

  struct Padded {
    const char* name;
    Dims dims;
    Shape low, high;
    std::vector<int64_t> interior;
  };
  for (const Padded& p :
       {Padded{"around", {3, 17}, {1, 2}, {2, 3}, {0, 0}}, Padded{"rows", {3, 5, 7}, {2, 0, 0}, {0, 1, 0}, {0, 0, 0}},
        Padded{"interior", {3, 5}, {1, 0}, {0, 2}, {2, 1}}, Padded{"nothing", {3, 5}, {0, 0}, {0, 0}, {0, 0}},
        Padded{"scalar", {}, {}, {}, {}}, Padded{"empty", {0, 3}, {2, 0}, {1, 1}, {0, 0}}}) {
    list.AllTypes("pad", p.name, p.dims,
                  [p](Value x) { return Pad(x, {.low = p.low, .high = p.high, .interior = p.interior, .value = 3}); });
  }
}

void AddIndexed(CaseList& list) {
  for (DType dtype : kDTypes) {
    for (DType index_dtype : {DType::kInt32, DType::kInt64}) {
      for (int axis : {0, 1, 2}) {
        CaseInput table;
        table.dtype = dtype;
        table.dims = {4, 5, 3};
        table.low = IsFloat(dtype) ? -2 : 0;
        CaseInput indices;  // a few of them out of range, many of them twice
        indices.dtype = index_dtype;
        indices.dims = {2, 7};
        indices.low = -1;
        indices.high = 5;
        const std::string name = absl::StrCat("axis_", axis, "_", Name(dtype), "_by_", Name(index_dtype));
        list.Add("gather", name, {table, indices},
                 [axis](GraphBuilder&, absl::Span<const Value> in) { return Gather(in[0], in[1], axis); });
        if (dtype == DType::kBool) continue;
        CaseInput updates = table;
        updates.dims = {4, 5, 3};
        updates.dims.erase(updates.dims.begin() + axis);
        updates.dims.insert(updates.dims.begin() + axis, {2, 7});
        list.Add("scatter_add", name, {updates, indices}, [axis](GraphBuilder&, absl::Span<const Value> in) {
          return ScatterAdd(in[0], in[1], {4, 5, 3}, axis);
        });
      }
    }
  }
}

}  // namespace

void AddShapeCases(std::vector<OpCase>& cases) {
  const size_t begin = cases.size();
  CaseList list(cases);
  AddConstants(list);
  AddViews(list);
  AddRearranged(list);
  AddSlices(list);
  AddIndexed(list);
  for (size_t i = begin; i < cases.size(); ++i) {
    // Sums of f32 round; and an infinity added to its opposite is no fault of the kernel's.
    if (cases[i].op != "scatter_add") continue;
    cases[i].bit_exact = cases[i].inputs[0].dtype != DType::kFloat32;
    cases[i].special_values = false;
  }
}

}  // namespace weft
