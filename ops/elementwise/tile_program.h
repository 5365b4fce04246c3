// TileProgram: the body of an elementwise program, compiled into a straight line of tile kernels.
//
// A tile is up to a few thousand elements that stay in L1 while one kernel after the other passes over them. The
// program is the one unit of fusion: elementwise_program runs it alone, products and reductions run it as their
// epilogue.
//
//   auto program = TileProgram::Create(body, isa);            // when a kernel is made
//   int64_t tile = program->TileElements(l1_bytes);
//   scratch_bytes_ = program->ScratchBytes(tile);
//   ...
//   TileRunner run(*program, tile, scratch);                   // once a call and share; no allocation
//   run.SetScalar(1, bias);                                    // inputs that are one element
//   for (each tile) run.Run(input_pointers, output_pointers, n);
//
// Fusion is exact: every op is rounded as when it runs alone. Neighbouring cheap ops run in one pass over the tile
// (tile_items.h), and the bodies that straight.h lists altogether in registers, which does not change that.
#ifndef WEFT_OPS_ELEMENTWISE_TILE_PROGRAM_H_
#define WEFT_OPS_ELEMENTWISE_TILE_PROGRAM_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/buffer.h"
#include "core/cpu.h"
#include "graph/ir/graph.h"
#include "graph/ir/op_def.h"
#include "ops/elementwise/straight.h"

namespace weft {

class TileProgram {
 public:
  // Tiles are multiples of this many elements.
  static constexpr int64_t kGrain = 64;
  static constexpr int64_t kMaxTile = 2048;

  // InvalidArgument for a body that CheckBody (body.h) refuses. Unimplemented, naming op and dtype, where an op has no
  // tile kernel: then the reference is to run. Uses nothing of an op but its elementwise trait. The body may be
  // destroyed afterwards.
  static absl::StatusOr<TileProgram> Create(const Graph& body, Isa isa);
  // A body that is one op.
  static absl::StatusOr<TileProgram> ForOp(const OpDef& op, const AttrMap& attrs, absl::Span<const DType> inputs,
                                           DType output, Isa isa);

  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  int num_outputs() const { return static_cast<int>(outputs_.size()); }
  DType input_dtype(int i) const { return inputs_[i]; }
  DType output_dtype(int k) const { return outputs_[k].dtype; }
  // Kernel calls a tile.
  int num_instructions() const { return straight_ != nullptr ? 1 : static_cast<int>(instructions_.size()); }
  // The body in the form of straight.h's list, whether it is there or not; empty if it never can be.
  const std::string& straight_text() const { return straight_text_; }
  // Tiles of intermediate values that live at the same time.
  int num_temporaries() const { return num_temporaries_; }

  // A tile for which everything that the program touches stays in an L1 of this size: 256 ... 2048 elements.
  int64_t TileElements(int64_t l1_bytes) const;
  // What a TileRunner needs. REQUIRES: tile_elements is a positive multiple of kGrain, at most kMaxTile.
  int64_t ScratchBytes(int64_t tile_elements) const;
  // Estimated nanoseconds for one element on one core, memory traffic not counted.
  double NsPerElement(Isa isa) const;

 private:
  friend class TileRunner;
  friend class TileProgramCompiler;

  // Registers: inputs, outputs, constants, temporaries, in this order. Each has a slot of a tile in the scratch memory.
  struct Instruction {
    TileFn fn;
    std::array<double, 4> params;
    int16_t out;
    int16_t in[4];  // those that the kernel does not have are 0
  };
  struct OutputInfo {
    DType dtype;
  };
  // An output that must not be written in place of this input, since the input is read later.
  struct Hazard {
    int16_t output, input;
  };

  int OutputRegister(int k) const { return num_inputs() + k; }
  int ConstantRegister(int c) const { return num_inputs() + num_outputs() + c; }
  int64_t HeaderBytes() const;

  std::vector<DType> inputs_;
  std::vector<OutputInfo> outputs_;
  int num_constants_ = 0;
  static constexpr int64_t kConstantTileBytes = kMaxTile * 8;
  int num_temporaries_ = 0;
  std::vector<Instruction> instructions_;
  std::vector<Hazard> hazards_;
  // Of each register: the sum of the element sizes of those before it. The last entry is the sum of all. Constants take
  // no room: a tile of each, of kMaxTile elements, lies in constant_tiles_, at 8 bytes an element.
  std::vector<int64_t> slot_offsets_;
  std::shared_ptr<Buffer> constant_tiles_;
  int64_t constant_bytes_ = 0;  // the sum of their element sizes
  // A straight program: its kernel; the inputs that it takes, and its constants, in its order.
  StraightFn straight_ = nullptr;
  std::vector<int> straight_inputs_;
  std::vector<float> straight_constants_;
  std::string straight_text_;
  double cycles_ = 0;
};

// One call of a TileProgram on one thread.
class TileRunner {
 public:
  // REQUIRES: `scratch` is 64-byte aligned and has program.ScratchBytes(tile_elements); both
  // outlive the runner.
  TileRunner(const TileProgram& program, int64_t tile_elements, std::byte* scratch);

  // Input i is this one element everywhere; Run's inputs[i] is to be null from now on.
  void SetScalar(int i, const void* value);

  // Room for tile_elements elements each, for hosts that gather an input, or store an output elsewhere themselves: its
  // address may be given to Run. Contents are kept between calls of Run, unless the output is one of Run's.
  std::byte* input_tile(int i) const { return Slot(i); }
  std::byte* output_tile(int k) const { return Slot(program_.OutputRegister(k)); }

  // Runs n elements. inputs[i]: n elements of input i, or null for a scalar. outputs[k]: where to put n elements of
  // output k; equal to some inputs[i], or disjoint from all (an output that would overwrite what is still read is
  // staged). REQUIRES: n is a positive multiple of 64, at most tile_elements.
  void Run(const void* const* inputs, void* const* outputs, int64_t n) const;

 private:
  void RunStraight(int64_t n) const;
  std::byte* Slot(int reg) const { return slots_ + program_.slot_offsets_[reg] * tile_elements_; }

  const TileProgram& program_;
  const int64_t tile_elements_;
  void** const registers_;  // in the scratch memory: the address of each register's elements
  std::byte* const slots_;
  uint64_t scalars_ = 0;  // straight programs: the inputs that SetScalar gave
};

}  // namespace weft

#endif  // WEFT_OPS_ELEMENTWISE_TILE_PROGRAM_H_
