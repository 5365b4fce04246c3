#include "ops/dense/block_epilogue.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/buffer.h"
#include "core/status.h"
#include "ops/elementwise/broadcast.h"

namespace weft::dense {

GemmFns FnsFor(Isa isa) {
  switch (isa) {
    case Isa::kAvx512:
      return GemmAvx512();
    case Isa::kAvx2:
      return GemmAvx2();
    case Isa::kBaseline:
      break;
  }
  return GemmBaseline();
}

std::vector<BlockOperand> WholeOperands(absl::Span<const ConcreteType> operands) {
  std::vector<BlockOperand> whole;
  for (const ConcreteType& type : operands) {
    whole.push_back({type, static_cast<int>(whole.size()), type.dims.empty() ? 1 : type.dims.back(), 0});
  }
  return whole;
}

absl::StatusOr<std::unique_ptr<BlockEpilogue>> BlockEpilogue::Create(const Graph& body, const Target& target,
                                                                     const GemmFns& fns, absl::Span<const int64_t> dims,
                                                                     absl::Span<const BlockOperand> extras,
                                                                     absl::Span<const ConcreteType> outputs,
                                                                     int gates) {
  absl::StatusOr<TileProgram> program = TileProgram::Create(body, target.isa);
  if (absl::IsUnimplemented(program.status())) return std::unique_ptr<BlockEpilogue>();
  WEFT_RETURN_IF_ERROR(program.status());
  if (program->num_inputs() > kMaxEpilogueOperands || program->num_outputs() > kMaxEpilogueOperands) {
    return std::unique_ptr<BlockEpilogue>();
  }
  std::unique_ptr<BlockEpilogue> epilogue(new BlockEpilogue(*std::move(program), fns));
  epilogue->gates_ = gates;
  epilogue->n_ = dims.back();
  epilogue->rows_ = NumElements(dims.subspan(0, dims.size() - 1));
  for (const BlockOperand& extra : extras) epilogue->extras_.push_back(Classify(extra, dims));
  for (const BlockOperand& output : WholeOperands(outputs)) epilogue->outputs_.push_back(Classify(output, dims));
  for (const std::vector<Operand>* operands : {&epilogue->extras_, &epilogue->outputs_}) {
    for (const Operand& operand : *operands) epilogue->any_panels_ |= operand.panels;
  }
  epilogue->block_elements_ = epilogue->program_.TileElements(target.l1_bytes);
  epilogue->ns_per_element_ = epilogue->program_.NsPerElement(target.isa);
  return epilogue;
}

BlockEpilogue::Operand BlockEpilogue::Classify(const BlockOperand& given, absl::Span<const int64_t> dims) {
  const ConcreteType& type = given.type;
  Operand operand;
  operand.source = given.source;
  operand.row_stride = given.row_stride;
  operand.offset = given.offset;
  operand.dtype = type.dtype;
  operand.size = SizeOf(type.dtype);
  operand.panels = type.layout == Layout::kPanels64;
  operand.one_column = (type.dims.empty() || type.dims.back() == 1) && dims.back() != 1;
  if (operand.panels || type.dims == Dims(dims.begin(), dims.end())) return operand;
  const absl::Span<const int64_t> leading =
      absl::MakeConstSpan(type.dims).subspan(0, std::max<size_t>(type.dims.size(), 1) - 1);
  const absl::Span<const int64_t> rows = dims.subspan(0, dims.size() - 1);
  // The usual cases without a table, which would be as long as there are rows.
  if (std::all_of(leading.begin(), leading.end(), [](int64_t dim) { return dim == 1; })) {
    operand.rows = Rows::kFirst;
  } else if (leading == rows) {
    operand.rows = Rows::kEach;
  } else {
    operand.rows = Rows::kTable;
    operand.table = BroadcastIndex(leading, rows);
  }
  return operand;
}

void BlockEpilogue::SetLargestBlock(int64_t elements) {
  largest_block_ = RoundUp(std::max<int64_t>(elements, 1), TileProgram::kGrain);
}

bool BlockEpilogue::MayAlias(int output, int extra) const {
  const auto is_extra = [extra](const Operand& operand) { return operand.source == extra; };
  const auto found = std::find_if(extras_.begin(), extras_.end(), is_extra);
  if (found == extras_.end()) return false;
  const Operand &to = outputs_[output], &from = *found;
  return from.row_stride == n_ && to.dtype == from.dtype && to.panels == from.panels && from.is_full();
}

int64_t BlockEpilogue::InPlace(const Operand& operand, int64_t row, const Block& block) const {
  if (operand.panels) {
    if (block.width != kPanel || (block.panels > 1 && block.rows != rows_)) return -1;
    return (block.panel * rows_ + row) * kPanel;
  }
  if (operand.one_column) return -1;
  if (block.rows == 1) {
    const bool inside = block.width == kPanel && (block.panel + block.panels) * kPanel <= n_;
    return inside ? operand.At(row, block.panel * kPanel) : -1;
  }
  const bool one_run = operand.rows == Rows::kEach && operand.row_stride == n_ && n_ == block.width &&
                       block.panels == 1 && block.rows * n_ % TileProgram::kGrain == 0;
  return one_run ? row * n_ : -1;
}

void BlockEpilogue::Copy(int64_t size, const std::byte* from, int64_t from_ld, std::byte* to, int64_t to_ld,
                         int64_t rows, int64_t columns) const {
  if (from_ld == columns && to_ld == columns) {
    std::memcpy(to, from, static_cast<size_t>(rows * columns * size));
    return;
  }
  if (size == 4) {
    fns_.copy_rows(from, from_ld, to, to_ld, rows, columns);
    return;
  }
  for (int64_t r = 0; r < rows; ++r) std::memcpy(to + r * to_ld * size, from + r * from_ld * size, columns * size);
}

void BlockEpilogue::Fetch(const Operand& operand, const std::byte* from, int64_t row, const Block& block,
                          std::byte* to) const {
  const int64_t size = operand.size;
  for (int64_t q = 0; q < block.panels; ++q, to += block.rows * block.width * size) {
    const int64_t column = (block.panel + q) * kPanel, columns = Columns(block, q);
    if (operand.panels) {
      const std::byte* panel = from + ((block.panel + q) * rows_ + row) * kPanel * size;
      Copy(size, panel, kPanel, to, block.width, block.rows, columns);
    } else if (operand.one_column) {
      for (int64_t r = 0; r < block.rows; ++r) {
        const std::byte* element = from + operand.At(row + r, 0) * size;
        std::byte* target = to + r * block.width * size;
        for (int64_t c = 0; c < columns; ++c) std::memcpy(target + c * size, element, size);
      }
    } else if (operand.rows != Rows::kTable) {
      const int64_t stride = operand.rows == Rows::kEach ? operand.row_stride : 0;
      Copy(size, from + operand.At(row, column) * size, stride, to, block.width, block.rows, columns);
    } else {
      for (int64_t r = 0; r < block.rows; ++r) {
        const std::byte* source = from + operand.At(row + r, column) * size;
        Copy(size, source, 0, to + r * block.width * size, 0, 1, columns);
      }
    }
  }
}

void BlockEpilogue::StoreBack(const Operand& operand, const std::byte* from, int64_t row, const Block& block,
                              std::byte* to) const {
  const int64_t size = operand.size;
  for (int64_t q = 0; q < block.panels; ++q, from += block.rows * block.width * size) {
    const int64_t panel = block.panel + q;
    if (operand.panels) {
      std::byte* target = to + (panel * rows_ + row) * kPanel * size;
      Copy(size, from, block.width, target, kPanel, block.rows, Columns(panel));
    } else {
      Copy(size, from, block.width, to + (row * n_ + panel * kPanel) * size, n_, block.rows, Columns(block, q));
    }
  }
}

// The program has written something to the columns past n, which must stay 0.
void BlockEpilogue::ClearPadding(const Operand& operand, int64_t row, const Block& block, std::byte* to) const {
  const int64_t panel = block.panel + block.panels - 1, columns = Columns(panel);
  if (!operand.panels || columns == kPanel) return;
  std::byte* at = to + ((panel * rows_ + row) * kPanel + columns) * operand.size;
  for (int64_t r = 0; r < block.rows; ++r, at += kPanel * operand.size) {
    std::memset(at, 0, (kPanel - columns) * operand.size);
  }
}

BlockEpilogue::Call::Call(const BlockEpilogue& epilogue, const void* const* extras, void* const* outputs,
                          std::byte* scratch)
    : epilogue_(epilogue),
      extras_(extras),
      outputs_(outputs),
      runner_(epilogue.program_, epilogue.largest_block_, scratch) {
  for (size_t i = 0; i < epilogue.extras_.size(); ++i) {
    const Operand& extra = epilogue.extras_[i];
    if (!extra.is_scalar()) continue;
    const std::byte* element = static_cast<const std::byte*>(extras[extra.source]) + extra.offset * extra.size;
    runner_.SetScalar(static_cast<int>(i) + epilogue.gates_, element);
  }
}

void BlockEpilogue::Call::Run(const Block& whole) {
  // A narrow matrix is handled as the run of elements that it is in memory, without the columns of its last vector that
  // are none of its own.
  Block block = whole;
  if (epilogue_.n_ < block.width && block.rows > 1 && block.panel == 0 && !epilogue_.any_panels_) {
    epilogue_.fns_.compact(block.product, block.rows, block.width, epilogue_.n_);
    block.width = epilogue_.n_;
  }
  const int64_t row = first_row_ + block.row;
  const int64_t elements = RoundUp(block.panels * block.rows * block.width, TileProgram::kGrain);
  const bool same_columns =
      row_panel_ == block.panel && row_panels_ == block.panels && block.rows <= row_rows_ && block.panels == 1;
  const void* inputs[kMaxEpilogueOperands];
  void* outputs[kMaxEpilogueOperands];
  const int gates = epilogue_.gates_;
  for (int g = 0; g < gates; ++g) inputs[g] = block.product + g * block.rows * block.width;
  const int num_extras = static_cast<int>(epilogue_.extras_.size());
  for (int i = 0; i < num_extras; ++i) {
    const Operand& operand = epilogue_.extras_[i];
    const void*& input = inputs[i + gates];
    if (operand.is_scalar()) {
      input = nullptr;
      continue;
    }
    const std::byte* from = static_cast<const std::byte*>(extras_[operand.source]);
    const int64_t at = epilogue_.InPlace(operand, row, block);
    if (at >= 0) {
      input = from + at * operand.size;
      continue;
    }
    std::byte* tile = runner_.input_tile(i + gates);
    if (!(operand.is_row() && same_columns)) epilogue_.Fetch(operand, from, row, block, tile);
    input = tile;
  }
  if (!same_columns) row_panel_ = block.panel, row_panels_ = block.panels, row_rows_ = block.rows;

  const int num_outputs = static_cast<int>(epilogue_.outputs_.size());
  uint64_t staged = 0;
  for (int k = 0; k < num_outputs; ++k) {
    const Operand& operand = epilogue_.outputs_[k];
    const int64_t at = epilogue_.InPlace(operand, row, block);
    if (at >= 0) {
      outputs[k] = static_cast<std::byte*>(outputs_[k]) + at * operand.size;
    } else {
      outputs[k] = runner_.output_tile(k);
      staged |= uint64_t{1} << k;
    }
  }
  runner_.Run(inputs, outputs, elements);
  for (int k = 0; k < num_outputs; ++k) {
    const Operand& operand = epilogue_.outputs_[k];
    std::byte* to = static_cast<std::byte*>(outputs_[k]);
    if (staged >> k & 1) epilogue_.StoreBack(operand, static_cast<const std::byte*>(outputs[k]), row, block, to);
    epilogue_.ClearPadding(operand, row, block, to);
  }
}

}  // namespace weft::dense
