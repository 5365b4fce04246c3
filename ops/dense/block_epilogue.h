// The consumer of a product's blocks (gemm.h): runs an elementwise program on each while it is in L1, and brings the
// program's other operands and its results from and to wherever they lie. For ops/dense and ops/conv.
#ifndef WEFT_OPS_DENSE_BLOCK_EPILOGUE_H_
#define WEFT_OPS_DENSE_BLOCK_EPILOGUE_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/tensor_type.h"
#include "graph/exec/target.h"
#include "graph/ir/graph.h"
#include "ops/dense/gemm.h"
#include "ops/elementwise/tile_program.h"

namespace weft::dense {

GemmFns FnsFor(Isa isa);

// More operands or results than this, and the reference runs; passes make fewer.
inline constexpr int kMaxEpilogueOperands = 64;

// One input of the body behind those of the product: an operand, or the columns of it that belong to one gate.
struct BlockOperand {
  ConcreteType type;       // broadcasts to the result; of the gate's columns only
  int source = 0;          // which of the operands of the call
  int64_t row_stride = 0;  // elements from one row of the operand to the next
  int64_t offset = 0;      // of the gate's first column
};
// Each operand for itself.
std::vector<BlockOperand> WholeOperands(absl::Span<const ConcreteType> operands);

// Immutable once made. An operand or result that a block finds as one run in memory is used in place: all of a panel's
// rows in kPanels64, a single row, rows that are as long as the block is wide. Any other is copied through scratch.
class BlockEpilogue {
 public:
  // The sum that the body takes as input 0 has dims [..., n]; its leading dims together are its rows. With `gates` > 1
  // inputs 0 ... gates - 1 are the sums of the gates, of these dims each. `extras` broadcast to it, `outputs` have its
  // dims. Null: some op of the body has no kernel for its dtypes.
  static absl::StatusOr<std::unique_ptr<BlockEpilogue>> Create(const Graph& body, const Target& target,
                                                               const GemmFns& fns, absl::Span<const int64_t> dims,
                                                               absl::Span<const BlockOperand> extras,
                                                               absl::Span<const ConcreteType> outputs, int gates = 1);

  // Elements that a block should have at most, so that all that the program touches stays in L1.
  int64_t block_elements() const { return block_elements_; }
  // Whether blocks must be 64 wide, the last panel's too: something lies in kPanels64.
  bool wants_whole_panels() const { return any_panels_; }
  // Blocks will have at most so many elements (rounded up to 64 here). To be called once, before the rest.
  void SetLargestBlock(int64_t elements);

  // Of one share. REQUIRES: SetLargestBlock was called.
  int64_t scratch_bytes() const { return program_.ScratchBytes(largest_block_); }
  // An output may take the place of an extra (of the call's) of the same dtype, layout and full shape: a block is read
  // before it is written.
  bool MayAlias(int output, int extra) const;
  double ns_per_element() const { return ns_per_element_; }

  // One share of one run. Takes `scratch_bytes` of scratch, 64-byte aligned; pointers to the tensors' elements.
  class Call {
   public:
    Call(const BlockEpilogue& epilogue, const void* const* extras, void* const* outputs, std::byte* scratch);
    // Row 0 of the blocks to come is this row of the result.
    void set_first_row(int64_t row) { first_row_ = row; }
    // A BlockFn; the context is a Call.
    static void Consume(void* call, const Block& block) { static_cast<Call*>(call)->Run(block); }

   private:
    void Run(const Block& whole);

    const BlockEpilogue& epilogue_;
    const void* const* const extras_;
    void* const* const outputs_;
    TileRunner runner_;
    int64_t first_row_ = 0;
    // What the tiles of single-row extras hold: columns of this panel, and of how many more, in how many rows.
    int64_t row_panel_ = -1, row_panels_ = 0, row_rows_ = 0;
  };

 private:
  // Which row of a row-major operand belongs to a row of the result.
  enum class Rows : uint8_t { kEach, kFirst, kTable };
  struct Operand {
    DType dtype = DType::kFloat32;
    int64_t size = 4;     // of an element
    bool panels = false;  // kPanels64, full shape
    Rows rows = Rows::kEach;
    std::vector<int64_t> table;  // Rows::kTable
    bool one_column = false;     // one element for all columns
    int source = 0;              // which operand of the call
    int64_t row_stride = 0;      // elements from row to row
    int64_t offset = 0;          // of the first element

    bool is_scalar() const { return !panels && rows == Rows::kFirst && one_column; }
    bool is_row() const { return !panels && rows == Rows::kFirst && !one_column; }
    bool is_full() const { return panels || (rows == Rows::kEach && !one_column); }
    int64_t At(int64_t row, int64_t column) const { return offset + RowOf(row) * row_stride + column; }
    int64_t RowOf(int64_t row) const { return rows == Rows::kEach ? row : rows == Rows::kFirst ? 0 : table[row]; }
  };

  BlockEpilogue(TileProgram program, const GemmFns& fns) : program_(std::move(program)), fns_(fns) {}
  static Operand Classify(const BlockOperand& given, absl::Span<const int64_t> dims);
  // Where the block lies as one run in the operand, in elements from its start; -1: nowhere.
  int64_t InPlace(const Operand& operand, int64_t row, const Block& block) const;
  void Fetch(const Operand& operand, const std::byte* from, int64_t row, const Block& block, std::byte* to) const;
  void StoreBack(const Operand& operand, const std::byte* from, int64_t row, const Block& block, std::byte* to) const;
  void ClearPadding(const Operand& operand, int64_t row, const Block& block, std::byte* to) const;
  void Copy(int64_t size, const std::byte* from, int64_t from_ld, std::byte* to, int64_t to_ld, int64_t rows,
            int64_t columns) const;
  int64_t Columns(int64_t panel, int64_t width = kPanel) const {
    return n_ - panel * kPanel < width ? n_ - panel * kPanel : width;
  }
  // Of panel q of the block; of whole rows all.
  int64_t Columns(const Block& block, int64_t q) const {
    return Columns(block.panel + q, block.width > kPanel ? block.width : kPanel);
  }

  TileProgram program_;
  GemmFns fns_;
  int gates_ = 1;
  int64_t rows_ = 0, n_ = 0;
  std::vector<Operand> extras_, outputs_;
  bool any_panels_ = false;
  int64_t block_elements_ = 0, largest_block_ = 0;
  double ns_per_element_ = 0;
};

}  // namespace weft::dense

#endif  // WEFT_OPS_DENSE_BLOCK_EPILOGUE_H_
