// An elementwise program behind results that a kernel computes in row-major order, some consecutive float32 elements at
// a time: the epilogue of sums and of poolings' gradients. (Products compute blocks: ops/dense/block_epilogue.h.)
#ifndef WEFT_OPS_ELEMENTWISE_ROW_EPILOGUE_H_
#define WEFT_OPS_ELEMENTWISE_ROW_EPILOGUE_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "graph/exec/kernel.h"
#include "graph/ir/op_def.h"
#include "ops/elementwise/operand_view.h"
#include "ops/elementwise/tile_program.h"

namespace weft {

// How an op's errors call things: {"the sum", "operand", "the sum's "}.
struct EpilogueWords {
  const char* result;      // what the body's input 0 is
  const char* operand;     // what an extra operand is
  const char* result_has;  // what stands before the shape that extras broadcast to
};

// The types of y = body(result, extras...), one per output of the attribute "body", each of the result's shape, to
// which the extras broadcast. InvalidArgument for another body or other extras.
absl::StatusOr<std::vector<TensorType>> InferRowEpilogue(const TensorType& result, absl::Span<const TensorType> extras,
                                                         const AttrMap& attrs, const EpilogueWords& words);

class RowEpilogue {
 public:
  // Of an op whose operands from `num_operands` on are the extras of its attribute "body". Unimplemented where the body
  // has no kernel: then the reference is to run.
  static absl::StatusOr<RowEpilogue> Create(const KernelRequest& request, size_t num_operands);

  const TileProgram& program() const { return program_; }
  // Of extras and outputs, each read or written once.
  double bytes() const { return bytes_; }
  // Bytes of an element of output k.
  size_t output_size(int k) const { return static_cast<size_t>(output_sizes_[k]); }
  // Of a share whose runs are at most `tile` elements long. REQUIRES: as TileProgram::ScratchBytes.
  int64_t ScratchBytes(int64_t tile) const;
  // Whether an output may lie where an extra does: one of the full shape. Its elements of a run are read before the
  // same elements of the output are written.
  bool MayAlias(int output, int extra) const;

  // One call of a share. No allocation.
  class Call {
   public:
    // REQUIRES: `scratch` is 64-byte aligned and has ScratchBytes(tile).
    Call(const RowEpilogue& epilogue, const KernelArgs& args, int64_t tile, std::byte* scratch);

    // Room for the results of a run: `tile` elements.
    float* room() const { return reinterpret_cast<float*>(runner_.input_tile(0)); }
    // The program on elements [begin, begin + n) of the result, which are at `results`, in room for a multiple of
    // TileProgram::kGrain. REQUIRES: 0 < n <= tile.
    void Run(const float* results, int64_t begin, int64_t n) const;

   private:
    const RowEpilogue& epilogue_;
    const void* const* const extras_;
    void* const* const outputs_;
    TileRunner runner_;
    // What the runner is handed; in the scratch memory, behind its own.
    void** const out_;
    const void** const in_;
  };

 private:
  RowEpilogue(TileProgram program, size_t num_operands) : program_(std::move(program)), num_operands_(num_operands) {}

  TileProgram program_;
  size_t num_operands_;
  std::vector<OperandView> extras_;
  std::vector<int64_t> output_sizes_;  // of an element
  double bytes_ = 0;
};

}  // namespace weft

#endif  // WEFT_OPS_ELEMENTWISE_ROW_EPILOGUE_H_
