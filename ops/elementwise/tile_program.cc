#include "ops/elementwise/tile_program.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "core/buffer.h"
#include "core/status.h"
#include "ops/elementwise/body.h"
#include "ops/elementwise/straight_match.h"
#include "ops/elementwise/tile_items.h"
#include "ops/elementwise/tiles.h"

namespace weft {

// Turns a list of values into a program: what no output needs is dropped, neighbours are fused, kernels are chosen, and
// every value gets a register by linear scan.
class TileProgramCompiler {
 public:
  int AddInput(DType dtype) {
    program_.inputs_.push_back(dtype);
    TileItem item(dtype);
    item.input = program_.num_inputs() - 1;
    return Add(std::move(item));
  }
  int AddConstant(const Tensor& value) {
    TileItem item(value.dtype());
    item.constant = &value;
    return Add(std::move(item));
  }
  int AddOp(const OpDef& op, const AttrMap& attrs, std::vector<int> operands, DType dtype) {
    TileItem item(dtype);
    item.op = &op;
    item.cycles = op.elementwise ? op.elementwise->cycles : 0;
    item.attrs = &attrs;
    item.operands = std::move(operands);
    return Add(std::move(item));
  }
  void AddOutput(int value) {
    program_.outputs_.push_back({values_[value].dtype});
    output_values_.push_back(value);
  }

  absl::StatusOr<TileProgram> Finish(Isa isa) {
    MarkNeeded(values_, output_values_);
    const bool straight = FindStraightKernel(isa);
    if (!straight) FuseItems(values_, output_values_);
    WEFT_RETURN_IF_ERROR(AssignFixedRegisters(straight));
    for (size_t v = 0; v < values_.size() && !straight; ++v) {
      if (values_[v].needed && values_[v].op != nullptr) WEFT_RETURN_IF_ERROR(Emit(static_cast<int>(v), isa));
    }
    if (!straight) EmitCopies();
    if (register_sizes_.size() > INT16_MAX) return Unimplemented("an elementwise program of more than 32767 registers");
    if (!straight) FindHazards();
    // Slots, in register order.
    int64_t offset = 0;
    for (size_t reg = 0; reg < register_sizes_.size(); ++reg) {
      program_.slot_offsets_.push_back(offset);
      offset += register_sizes_[reg];
    }
    program_.slot_offsets_.push_back(offset);
    return std::move(program_);
  }

 private:
  static constexpr int kUnwritten = -1;

  int Add(TileItem item) {
    values_.push_back(std::move(item));
    return static_cast<int>(values_.size()) - 1;
  }

  int NewRegister(int64_t size) {
    register_sizes_.push_back(size);
    return static_cast<int>(register_sizes_.size()) - 1;
  }

  // Whether the whole body is in the list.
  bool FindStraightKernel(Isa isa) {
    StraightBody body = DescribeStraight(values_, output_values_);
    const int index = FindStraight(body.text);
    program_.straight_text_ = std::move(body.text);
    if (index < 0) return false;
    program_.straight_ = TileF32For(isa).straight[index];
    program_.straight_inputs_ = std::move(body.inputs);
    program_.straight_constants_ = std::move(body.constants);
    program_.cycles_ = body.cycles;
    return true;
  }

  // Inputs, outputs, constants. An output computed by an op is computed where it is to lie; other outputs are copied.
  absl::Status AssignFixedRegisters(bool straight) {
    for (DType dtype : program_.inputs_) NewRegister(SizeOf(dtype));
    defined_.assign(output_values_.size(), kUnwritten);
    for (size_t k = 0; k < output_values_.size(); ++k) {
      int reg = NewRegister(SizeOf(program_.outputs_[k].dtype));
      TileItem& value = values_[output_values_[k]];
      if (value.op != nullptr && value.reg < 0) value.reg = reg;
    }
    last_read_.assign(program_.inputs_.size(), kUnwritten);
    std::vector<const TileItem*> constants;
    for (TileItem& value : values_) {
      if (value.input >= 0) value.reg = value.input;
      if (value.constant == nullptr || !value.needed || straight) continue;
      constants.push_back(&value);
      program_.constant_bytes_ += SizeOf(value.dtype);
      value.reg = NewRegister(0);
    }
    program_.num_constants_ = static_cast<int>(constants.size());
    if (constants.empty()) return absl::OkStatus();
    WEFT_ASSIGN_OR_RETURN(program_.constant_tiles_,
                          Buffer::AllocateUninitialized(program_.num_constants_ * TileProgram::kConstantTileBytes));
    std::byte* tile = program_.constant_tiles_->data();
    for (const TileItem* value : constants) {
      FillTile(tile, value->constant->raw(), SizeOf(value->dtype), TileProgram::kMaxTile);
      tile += TileProgram::kConstantTileBytes;
    }
    return absl::OkStatus();
  }

  absl::Status Emit(int v, Isa isa) {
    TileItem& value = values_[v];
    const TileKernel kernel = SelectKernel(values_, v, isa);
    if (kernel.fn == nullptr) {
      const DType dtype = value.operands.empty() ? value.dtype : values_[value.operands.back()].dtype;
      return Unimplemented("op '", value.op->name, "' has no tile kernel for ", Name(dtype));
    }
    TileProgram::Instruction instruction{kernel.fn, kernel.params, 0, {0, 0, 0, 0}};
    for (size_t i = 0; i < value.operands.size(); ++i) {
      instruction.in[i] = static_cast<int16_t>(values_[value.operands[i]].reg);
      Read(values_[value.operands[i]]);
    }
    // Operands that end here give their register back first: a kernel may work in place.
    for (int operand : value.operands) Release(operand, v);
    if (value.reg < 0) value.reg = Allocate(SizeOf(value.dtype));
    instruction.out = static_cast<int16_t>(value.reg);
    Write(value.reg);
    program_.instructions_.push_back(instruction);
    program_.cycles_ += value.cycles;
    return absl::OkStatus();
  }

  // Outputs that are inputs or constants, or an earlier output once more.
  void EmitCopies() {
    for (size_t k = 0; k < output_values_.size(); ++k) {
      if (defined_[k] != kUnwritten) continue;
      const TileItem& value = values_[output_values_[k]];
      Read(value);
      const int reg = program_.OutputRegister(static_cast<int>(k));
      Write(reg);
      program_.instructions_.push_back(
          {CopyTile(SizeOf(value.dtype)), {}, static_cast<int16_t>(reg), {static_cast<int16_t>(value.reg), 0, 0, 0}});
      program_.cycles_ += 1;
    }
  }

  void Read(const TileItem& value) {
    if (value.input >= 0) last_read_[value.input] = program_.num_instructions();
  }
  void Write(int reg) {
    const int k = reg - program_.num_inputs();
    if (k >= 0 && k < program_.num_outputs()) defined_[k] = program_.num_instructions();
  }

  bool IsTemporary(int reg) const { return reg >= program_.ConstantRegister(program_.num_constants_); }

  int Allocate(int64_t size) {
    std::vector<int>& free = free_[size];
    if (free.empty()) {
      ++program_.num_temporaries_;
      return NewRegister(size);
    }
    int reg = free.back();
    free.pop_back();
    return reg;
  }
  void Release(int operand, int at) {
    TileItem& value = values_[operand];
    if (value.last_use != at || value.op == nullptr || !IsTemporary(value.reg)) return;
    value.last_use = kUnwritten;  // once, even if it is read twice
    free_[SizeOf(value.dtype)].push_back(value.reg);
  }

  // Output k in the place of input i is wrong if i is read after k is written, or while it is, at another element size.
  void FindHazards() {
    for (int k = 0; k < program_.num_outputs(); ++k) {
      for (int i = 0; i < program_.num_inputs(); ++i) {
        const bool same_size = SizeOf(program_.inputs_[i]) == SizeOf(program_.outputs_[k].dtype);
        if (last_read_[i] > defined_[k] || (last_read_[i] == defined_[k] && !same_size)) {
          program_.hazards_.push_back({static_cast<int16_t>(k), static_cast<int16_t>(i)});
        }
      }
    }
  }

  TileProgram program_;
  std::vector<TileItem> values_;
  std::vector<int> output_values_;
  std::vector<int64_t> register_sizes_;
  std::map<int64_t, std::vector<int>> free_;  // temporaries by element size
  std::vector<int> defined_;                  // the instruction that writes each output
  std::vector<int> last_read_;                // the last instruction that reads each input
};

absl::StatusOr<TileProgram> TileProgram::Create(const Graph& body, Isa isa) {
  WEFT_RETURN_IF_ERROR(CheckBody(body));
  TileProgramCompiler compiler;
  std::vector<int> values(body.num_values(), -1);
  for (ValueId id : body.inputs()) values[id] = compiler.AddInput(body.type(id).dtype);
  for (const Node& node : body.nodes()) {
    if (IsInput(node)) continue;
    int& value = values[node.first_output];
    if (const Tensor* constant = ConstantOf(node)) {
      value = compiler.AddConstant(*constant);
      continue;
    }
    std::vector<int> operands;
    for (ValueId id : node.inputs) operands.push_back(values[id]);
    value = compiler.AddOp(*node.op, *node.attrs, std::move(operands), body.type(node.first_output).dtype);
  }
  for (const Graph::Output& output : body.outputs()) compiler.AddOutput(values[output.value]);
  return compiler.Finish(isa);
}

absl::StatusOr<TileProgram> TileProgram::ForOp(const OpDef& op, const AttrMap& attrs, absl::Span<const DType> inputs,
                                               DType output, Isa isa) {
  TileProgramCompiler compiler;
  std::vector<int> operands;
  for (DType dtype : inputs) operands.push_back(compiler.AddInput(dtype));
  compiler.AddOutput(compiler.AddOp(op, attrs, std::move(operands), output));
  return compiler.Finish(isa);
}

int64_t TileProgram::TileElements(int64_t l1_bytes) const {
  // A quarter of L1 is left to the stack, and to lines on their way in and out.
  const int64_t elements = l1_bytes * 3 / 4 / std::max<int64_t>(1, slot_offsets_.back() + constant_bytes_);
  return std::clamp<int64_t>(elements / kGrain * kGrain, 256, kMaxTile);
}

int64_t TileProgram::HeaderBytes() const {
  return RoundUp(static_cast<int64_t>((slot_offsets_.size() - 1) * sizeof(void*)), kAlignment);
}

int64_t TileProgram::ScratchBytes(int64_t tile_elements) const {
  return HeaderBytes() + slot_offsets_.back() * tile_elements;
}

double TileProgram::NsPerElement(Isa isa) const {
  const double lanes = isa == Isa::kAvx512 ? 16 : isa == Isa::kAvx2 ? 8 : 2;
  constexpr double kGigahertz = 3;
  return cycles_ / lanes / kGigahertz;
}

TileRunner::TileRunner(const TileProgram& program, int64_t tile_elements, std::byte* scratch)
    : program_(program),
      tile_elements_(tile_elements),
      registers_(reinterpret_cast<void**>(scratch)),
      slots_(scratch + program.HeaderBytes()) {
  const int num_registers = static_cast<int>(program.slot_offsets_.size()) - 1;
  for (int reg = 0; reg < num_registers; ++reg) registers_[reg] = Slot(reg);
  for (int c = 0; c < program.num_constants_; ++c) {
    registers_[program.ConstantRegister(c)] = program.constant_tiles_->data() + c * TileProgram::kConstantTileBytes;
  }
}

void TileRunner::SetScalar(int i, const void* value) {
  // A straight program reads one vector of a scalar, again and again.
  const bool straight = program_.straight_ != nullptr;
  FillTile(Slot(i), value, SizeOf(program_.inputs_[i]), straight ? TileProgram::kGrain : tile_elements_);
  if (straight && i < 64) scalars_ |= uint64_t{1} << i;
  registers_[i] = Slot(i);
}

void TileRunner::RunStraight(int64_t n) const {
  StraightArgs args;
  args.n = n;
  args.constants = program_.straight_constants_.data();
  for (size_t k = 0; k < program_.straight_inputs_.size(); ++k) {
    const int input = program_.straight_inputs_[k];
    args.in[k] = static_cast<const float*>(registers_[input]);
    args.step[k] = scalars_ >> input & 1 ? 0 : 1;
  }
  for (int k = 0; k < program_.num_outputs(); ++k)
    args.out[k] = static_cast<float*>(registers_[program_.OutputRegister(k)]);
  program_.straight_(args);
}

void TileRunner::Run(const void* const* inputs, void* const* outputs, int64_t n) const {
  void** const registers = registers_;
  const int num_inputs = program_.num_inputs();
  for (int i = 0; i < num_inputs; ++i) {
    if (inputs[i] != nullptr) registers[i] = const_cast<void*>(inputs[i]);
  }
  const int num_outputs = program_.num_outputs();
  for (int k = 0; k < num_outputs; ++k) registers[num_inputs + k] = outputs[k];
  if (program_.straight_ != nullptr) return RunStraight(n);
  bool staged = false;
  for (const TileProgram::Hazard& hazard : program_.hazards_) {
    if (outputs[hazard.output] == inputs[hazard.input]) {
      registers[num_inputs + hazard.output] = output_tile(hazard.output);
      staged = true;
    }
  }
  for (const TileProgram::Instruction& instruction : program_.instructions_) {
    const int16_t* in = instruction.in;
    instruction.fn(TileArgs{registers[instruction.out],
                            {registers[in[0]], registers[in[1]], registers[in[2]], registers[in[3]]},
                            n,
                            instruction.params.data()});
  }
  if (!staged) return;
  for (int k = 0; k < num_outputs; ++k) {
    void* computed = registers[num_inputs + k];
    if (computed != outputs[k]) {
      std::memcpy(outputs[k], computed, static_cast<size_t>(n * SizeOf(program_.outputs_[k].dtype)));
    }
  }
}

}  // namespace weft
