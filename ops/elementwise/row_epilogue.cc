#include "ops/elementwise/row_epilogue.h"

#include <cstring>
#include <utility>

#include "core/buffer.h"
#include "core/status.h"
#include "ops/elementwise/body.h"

namespace weft {

absl::StatusOr<std::vector<TensorType>> InferRowEpilogue(const TensorType& result, absl::Span<const TensorType> extras,
                                                         const AttrMap& attrs, const EpilogueWords& words) {
  const GraphPtr& body = attrs.Function("body");
  if (body == nullptr) return InvalidArgument("attribute body: expected a function");
  WEFT_RETURN_IF_ERROR(Annotate(CheckBody(*body), "attribute body"));
  if (body->inputs().size() != extras.size() + 1) {
    return InvalidArgument("attribute body: expected ", extras.size() + 1, " inputs (", words.result,
                           ", and one per extra operand), got ", body->inputs().size());
  }
  for (size_t i = 0; i < body->inputs().size(); ++i) {
    const TensorType& given = i == 0 ? result : extras[i - 1];
    const DType wanted = body->type(body->inputs()[i]).dtype;
    if (given.dtype != wanted) {
      return InvalidArgument("input ", i, " of the body: expected ", Name(wanted), ", got ", given.ToString());
    }
    const absl::StatusOr<Shape> broadcast = BroadcastShapes(result.shape, given.shape);
    if (!broadcast.ok() || *broadcast != result.shape || given.layout != Layout::kRowMajor) {
      return InvalidArgument(words.operand, " ", i, ": expected a row-major tensor that broadcasts to ",
                             words.result_has, result.shape.ToString(), ", got ", given.ToString());
    }
  }
  std::vector<TensorType> types;
  for (const Graph::Output& output : body->outputs()) types.push_back({body->type(output.value).dtype, result.shape});
  return types;
}

absl::StatusOr<RowEpilogue> RowEpilogue::Create(const KernelRequest& request, size_t num_operands) {
  WEFT_ASSIGN_OR_RETURN(TileProgram program, TileProgram::Create(*request.attrs.Function("body"), request.target.isa));
  RowEpilogue epilogue(std::move(program), num_operands);
  const Dims& dims = request.outputs[0].dims;
  const int64_t elements = NumElements(dims);
  for (const ConcreteType& extra : request.inputs.subspan(num_operands)) {
    const int64_t size = SizeOf(extra.dtype);
    epilogue.extras_.push_back(elements == 0 ? OperandView::Scalar(size) : OperandView(extra.dims, dims, size));
    epilogue.bytes_ += static_cast<double>(size * NumElements(extra.dims));
  }
  for (const ConcreteType& output : request.outputs) {
    epilogue.output_sizes_.push_back(SizeOf(output.dtype));
    epilogue.bytes_ += static_cast<double>(SizeOf(output.dtype) * elements);
  }
  return epilogue;
}

int64_t RowEpilogue::ScratchBytes(int64_t tile) const {
  const size_t pointers = 1 + extras_.size() + output_sizes_.size();
  return program_.ScratchBytes(tile) + RoundUp(static_cast<int64_t>(pointers * sizeof(void*)), kAlignment);
}

bool RowEpilogue::MayAlias(int output, int extra) const {
  const OperandView& view = extras_[extra];
  return view.element_size() == output_sizes_[output] && view.kind() == OperandView::Kind::kContiguous;
}

RowEpilogue::Call::Call(const RowEpilogue& epilogue, const KernelArgs& args, int64_t tile, std::byte* scratch)
    : epilogue_(epilogue),
      extras_(args.inputs + epilogue.num_operands_),
      outputs_(args.outputs),
      runner_(epilogue.program_, tile, scratch),
      out_(reinterpret_cast<void**>(scratch + epilogue.program_.ScratchBytes(tile))),
      in_(const_cast<const void**>(out_ + epilogue.output_sizes_.size())) {
  for (size_t i = 0; i < epilogue.extras_.size(); ++i) {
    in_[i + 1] = nullptr;
    if (epilogue.extras_[i].kind() != OperandView::Kind::kScalar) continue;
    runner_.SetScalar(static_cast<int>(i) + 1, extras_[i]);
  }
}

void RowEpilogue::Call::Run(const float* results, int64_t begin, int64_t n) const {
  const int64_t whole = RoundUp(n, TileProgram::kGrain);
  const std::vector<int64_t>& output_sizes = epilogue_.output_sizes_;
  in_[0] = results;
  for (size_t i = 0; i < epilogue_.extras_.size(); ++i) {
    const OperandView& extra = epilogue_.extras_[i];
    const int64_t size = extra.element_size();
    if (extra.kind() == OperandView::Kind::kScalar) continue;
    if (extra.kind() == OperandView::Kind::kContiguous && n == whole) {
      in_[i + 1] = static_cast<const std::byte*>(extras_[i]) + begin * size;
    } else {
      std::byte* room = runner_.input_tile(static_cast<int>(i) + 1);
      extra.Gather(extras_[i], begin, n, room);
      std::memset(room + n * size, 0, static_cast<size_t>((whole - n) * size));
      in_[i + 1] = room;
    }
  }
  for (size_t k = 0; k < output_sizes.size(); ++k) {
    std::byte* to = static_cast<std::byte*>(outputs_[k]) + begin * output_sizes[k];
    out_[k] = n == whole ? to : runner_.output_tile(static_cast<int>(k));
  }
  runner_.Run(in_, out_, whole);
  if (n == whole) return;
  for (size_t k = 0; k < output_sizes.size(); ++k) {
    std::memcpy(static_cast<std::byte*>(outputs_[k]) + begin * output_sizes[k], out_[k],
                static_cast<size_t>(n * output_sizes[k]));
  }
}

}  // namespace weft
