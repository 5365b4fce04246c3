// gather and its gradient, scatter_add: [outer, rows, inner] by index.
#include <algorithm>
#include <cstring>

#include "core/status.h"
#include "graph/autodiff/gradient_args.h"
#include "graph/exec/reference.h"
#include "ops/shape/copy_kernels.h"
#include "ops/shape/indexing.h"
#include "ops/shape/op_defs.h"
#include "ops/shape/recording.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

using Types = std::vector<TensorType>;

absl::Status CheckIndices(const TensorType& indices) {
  if (indices.dtype == DType::kInt32 || indices.dtype == DType::kInt64) return absl::OkStatus();
  return InvalidArgument("indices: expected i32 or i64, got ", indices.ToString());
}

// `table` with its axis replaced by the shape of `indices`.
absl::StatusOr<Shape> GatheredShape(const Shape& table, const Shape& indices, int64_t axis) {
  WEFT_RETURN_IF_ERROR(CheckAxis(axis, table.rank()));
  Shape shape;
  for (int i = 0; i < axis; ++i) shape.push_back(table[i]);
  for (const Dim& d : indices) shape.push_back(d);
  for (int i = static_cast<int>(axis) + 1; i < table.rank(); ++i) shape.push_back(table[i]);
  if (table[static_cast<int>(axis)] == Dim(0)) {
    return InvalidArgument("axis ", axis, ": expected at least one row to choose from, got ", table.ToString());
  }
  return shape;
}

absl::StatusOr<Types> InferGather(absl::Span<const TensorType> in, const AttrMap& attrs) {
  WEFT_RETURN_IF_ERROR(CheckIndices(in[1]));
  WEFT_ASSIGN_OR_RETURN(Shape shape, GatheredShape(in[0].shape, in[1].shape, attrs.Int("axis")));
  return Types{{in[0].dtype, shape}};
}

absl::StatusOr<Types> InferScatterAdd(absl::Span<const TensorType> in, const AttrMap& attrs) {
  WEFT_RETURN_IF_ERROR(CheckIndices(in[1]));
  if (in[0].dtype == DType::kBool) return InvalidArgument("updates: expected a number type, got ", in[0].ToString());
  const Shape& shape = attrs.Get<Shape>("shape");
  WEFT_RETURN_IF_ERROR(CheckShapeAttr("shape", shape));
  WEFT_ASSIGN_OR_RETURN(Shape updates, GatheredShape(shape, in[1].shape, attrs.Int("axis")));
  if (updates != in[0].shape) {
    return InvalidArgument("updates: expected the shape ", updates.ToString(), " of what is gathered from ",
                           shape.ToString(), " by indices ", in[1].shape.ToString(), ", got ", in[0].ToString());
  }
  return Types{{in[0].dtype, shape}};
}

// A table of [outer, rows, inner] and n indices.
struct Problem {
  AxisView table;
  int64_t n = 0;
};

absl::StatusOr<Problem> ProblemOf(absl::Span<const int64_t> table, absl::Span<const int64_t> indices, int64_t axis) {
  Problem problem{ViewAround(table, axis), NumElements(indices)};
  if (problem.table.size == 0 && problem.n > 0) {
    return InvalidArgument("expected at least one row to choose from along axis ", axis, ", got ", DimsToString(table));
  }
  return problem;
}

int64_t Clamp(int64_t index, int64_t rows) { return std::max<int64_t>(0, std::min(index, rows - 1)); }

absl::Status GatherReference(ReferenceArgs& args) {
  const RefTensor &x = args.inputs[0], &indices = args.inputs[1];
  WEFT_ASSIGN_OR_RETURN(Problem p, ProblemOf(x.dims, indices.dims, args.attrs.Int("axis")));
  for (int64_t a = 0; a < p.table.outer; ++a) {
    for (int64_t i = 0; i < p.n; ++i) {
      const int64_t row = a * p.table.size + Clamp(indices.i[i], p.table.size);
      for (int64_t b = 0; b < p.table.inner; ++b) {
        CopyElement(x, row * p.table.inner + b, args.outputs[0], (a * p.n + i) * p.table.inner + b);
      }
    }
  }
  return absl::OkStatus();
}

absl::Status ScatterAddReference(ReferenceArgs& args) {
  const RefTensor &updates = args.inputs[0], &indices = args.inputs[1];
  RefTensor& y = args.outputs[0];
  WEFT_ASSIGN_OR_RETURN(Problem p, ProblemOf(y.dims, indices.dims, args.attrs.Int("axis")));
  for (int64_t a = 0; a < p.table.outer; ++a) {
    for (int64_t i = 0; i < p.n; ++i) {
      const int64_t row = a * p.table.size + Clamp(indices.i[i], p.table.size);
      for (int64_t b = 0; b < p.table.inner; ++b) {
        const int64_t to = row * p.table.inner + b, from = (a * p.n + i) * p.table.inner + b;
        if (y.is_float()) {
          y.f[to] += updates.f[from];
        } else {
          y.i[to] = static_cast<int64_t>(static_cast<uint64_t>(y.i[to]) + static_cast<uint64_t>(updates.i[from]));
        }
      }
    }
  }
  return absl::OkStatus();
}

int64_t IndexAt(const void* indices, DType dtype, int64_t i) {
  return dtype == DType::kInt32 ? static_cast<const int32_t*>(indices)[i] : static_cast<const int64_t*>(indices)[i];
}

// Shares take rows of the result.
class GatherKernel : public Kernel {
 public:
  GatherKernel(const KernelRequest& request, const Problem& problem)
      : p_(problem),
        index_dtype_(request.inputs[1].dtype),
        row_bytes_(p_.table.inner * SizeOf(request.inputs[0].dtype)) {
    const double rows = static_cast<double>(p_.table.outer * p_.n);
    estimated_ns_ = 10 + rows * (5 + static_cast<double>(row_bytes_) / 32);
    shares_ = ChooseShares(request.target, estimated_ns_, std::max<int64_t>(1, p_.table.outer * p_.n));
  }
  void Run(const KernelArgs& args, int share) const override {
    const Range rows = ShareOf(p_.table.outer * p_.n, 1, share, shares_);
    switch (row_bytes_) {
      case 1:
        return Copy<1>(args, rows);
      case 4:
        return Copy<4>(args, rows);
      case 8:
        return Copy<8>(args, rows);
      default:
        return Copy<0>(args, rows);
    }
  }

 private:
  template <int kBytes>  // 0: row_bytes_
  void Copy(const KernelArgs& args, Range rows) const {
    const int64_t bytes = kBytes == 0 ? row_bytes_ : kBytes;
    const char* from = static_cast<const char*>(args.inputs[0]);
    char* to = static_cast<char*>(args.outputs[0]) + rows.begin * bytes;
    for (int64_t r = rows.begin; r < rows.end; ++r, to += bytes) {
      const int64_t index = Clamp(IndexAt(args.inputs[1], index_dtype_, r % p_.n), p_.table.size);
      std::memcpy(to, from + (r / p_.n * p_.table.size + index) * bytes, bytes);
    }
  }

  Problem p_;
  DType index_dtype_;
  int64_t row_bytes_;
};

// Shares take rows of the result, and each goes through all indices in order: so duplicates add up in the order of the
// indices whatever the number of shares.
template <typename T>
class ScatterAddKernel : public Kernel {
 public:
  ScatterAddKernel(const KernelRequest& request, const Problem& problem)
      : p_(problem), index_dtype_(request.inputs[1].dtype) {
    const double rows = static_cast<double>(p_.table.outer * (p_.table.size + p_.n));
    estimated_ns_ = 10 + rows * (2 + static_cast<double>(p_.table.inner) / 8);
    shares_ = ChooseShares(request.target, estimated_ns_, std::max<int64_t>(1, p_.table.outer * p_.table.size));
  }
  void Run(const KernelArgs& args, int share) const override {
    const auto [outer, size, inner] = p_.table;
    const Range rows = ShareOf(outer * size, 1, share, shares_);
    if (rows.begin == rows.end) return;
    T* out = static_cast<T*>(args.outputs[0]);
    std::fill_n(out + rows.begin * inner, (rows.end - rows.begin) * inner, T{});
    const T* updates = static_cast<const T*>(args.inputs[0]);
    for (int64_t a = rows.begin / size; a <= (rows.end - 1) / size; ++a) {
      for (int64_t i = 0; i < p_.n; ++i) {
        const int64_t row = a * size + Clamp(IndexAt(args.inputs[1], index_dtype_, i), size);
        if (row < rows.begin || row >= rows.end) continue;
        AddRow(out + row * inner, updates + (a * p_.n + i) * inner, inner);
      }
    }
  }

 private:
  static void AddRow(T* to, const T* from, int64_t n) {
    if constexpr (kDTypeOf<T> == DType::kFloat32 || kDTypeOf<T> == DType::kFloat64) {
      for (int64_t j = 0; j < n; ++j) to[j] += from[j];
    } else {  // wraps
      for (int64_t j = 0; j < n; ++j)
        to[j] = static_cast<T>(static_cast<uint64_t>(to[j]) + static_cast<uint64_t>(from[j]));
    }
  }

  Problem p_;
  DType index_dtype_;
};

absl::StatusOr<std::unique_ptr<Kernel>> MakeGather(const KernelRequest& request) {
  WEFT_ASSIGN_OR_RETURN(Problem p,
                        ProblemOf(request.inputs[0].dims, request.inputs[1].dims, request.attrs.Int("axis")));
  return std::make_unique<GatherKernel>(request, p);
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeScatterAdd(const KernelRequest& request) {
  WEFT_ASSIGN_OR_RETURN(Problem p,
                        ProblemOf(request.outputs[0].dims, request.inputs[1].dims, request.attrs.Int("axis")));
  std::unique_ptr<Kernel> kernel;
  DispatchDType(request.outputs[0].dtype, [&](auto tag) {
    using T = decltype(tag);
    if constexpr (kDTypeOf<T> != DType::kBool) kernel = std::make_unique<ScatterAddKernel<T>>(request, p);
  });
  return kernel;
}

}  // namespace

OpDef GatherOp() {
  OpDef def;
  def.name = "gather";
  def.family = "shape";
  def.doc =
      "y[a, i, b] = x[a, indices[i], b]: axis `axis` of x replaced by the axes of indices (i32 or i64). An index out "
      "of range is clamped: below 0 it is row 0, past the end the last row. Any dtype of x. Gradient: scatter_add.";
  def.inputs = {"x", "indices"};
  def.attrs = {{"axis", AttrKind::kInt, int64_t{0}, "The axis of x that is indexed."}};
  def.infer = InferGather;
  def.differentiability = Differentiability::kGradient;
  def.gradient = [](const GradientArgs& args) {
    return args.Only(
        0, ScatterAdd(args.dy(), args.input(1), args.input(0).shape(), static_cast<int>(args.attrs().Int("axis"))));
  };
  def.reference = GatherReference;
  def.kernel = MakeGather;
  return def;
}

OpDef ScatterAddOp() {
  OpDef def;
  def.name = "scatter_add";
  def.family = "shape";
  def.doc =
      "y = zeros of `shape`, then y[a, indices[i], b] += updates[a, i, b] for each i in ascending order: the gradient "
      "of gather, indices clamped as there. f32, f64, i32, i64, u8 (integers wrap). Gradient: gather.";
  def.inputs = {"updates", "indices"};
  def.attrs = {{"shape", AttrKind::kShape, std::nullopt, "The result's shape; may be symbolic."},
               {"axis", AttrKind::kInt, int64_t{0}, "The axis of the result that is indexed."}};
  def.infer = InferScatterAdd;
  def.differentiability = Differentiability::kGradient;
  def.gradient = [](const GradientArgs& args) {
    return args.Only(0, Gather(args.dy(), args.input(1), static_cast<int>(args.attrs().Int("axis"))));
  };
  def.reference = ScatterAddReference;
  def.kernel = MakeScatterAdd;
  return def;
}

}  // namespace weft
