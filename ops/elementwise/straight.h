// Straight programs: whole elementwise programs whose values stay in registers, one pass over the tile. They are listed
// here as text, in which TileProgram finds its own; kernel files compile each for their instruction set. No bit depends
// on it: the ops are those of tile_f32.h, each rounded as alone. No Abseil, no containers: kernel files include this.
//
//   mul i0 c0; square i1; add t0 t1 -> t2 t0
//
// i: operands, c: constants, each numbered by first use; t: results, in order; behind the arrow the outputs. A program
// belongs in the list if bench:elementwise shows a gain and users run it often: the updates of common optimizers.
#ifndef WEFT_OPS_ELEMENTWISE_STRAIGHT_H_
#define WEFT_OPS_ELEMENTWISE_STRAIGHT_H_

#include <cstdint>

#include "ops/elementwise/op_list.h"

namespace weft {

inline constexpr const char* kStraightTexts[] = {
    // SGD
    "mul i0 i1; sub i2 t0 -> t1",
    // SGD with momentum
    "mul i0 i1; mul i2 c0; sub t1 t0; add i3 t2 -> t2 t3",
    // RMSprop
    "square i0; mul t0 c0; mul i1 c1; add t2 t1; add t3 c2; rsqrt t4; mul i0 i2; mul t6 t5; sub i3 t7 -> t3 t8",
    // Adam
    ("sub i0 i1; mul t0 c0; add i1 t1; square i0; sub t3 i2; mul t4 c1; add i2 t5; sqrt t6; add t7 c2; mul t2 i3; "
     "div t9 t8; sub i4 t10 -> t2 t6 t11"),
};
inline constexpr int kNumStraight = sizeof(kStraightTexts) / sizeof(kStraightTexts[0]);

struct StraightOperand {
  char kind = 0;  // 'i', 'c', 't'; 0: none
  int index = 0;
};
struct StraightOp {
  int op = -1;  // ElementwiseOp
  StraightOperand a, b;
};
struct StraightProgram {
  static constexpr int kMaxInputs = 8, kMaxConstants = 8, kMaxOps = 24, kMaxOutputs = 6;
  int num_inputs = 0, num_constants = 0, num_ops = 0, num_outputs = 0;
  StraightOp ops[kMaxOps] = {};
  int outputs[kMaxOutputs] = {};
};

struct StraightArgs {
  const float* in[StraightProgram::kMaxInputs];
  int64_t step[StraightProgram::kMaxInputs];  // 1, or 0 for one vector's worth of equal elements that stands for all
  const float* constants;
  float* out[StraightProgram::kMaxOutputs];  // each equal to some in[i], or disjoint from all
  int64_t n;                                 // a multiple of 64
};
using StraightFn = void (*)(const StraightArgs& args);

// The name in a text of an op that programs may be made of; null: of any other.
constexpr const char* StraightName(int op) {
#define WEFT_UNARY(Function, name, Class, Diff, ulp, cycles, formula) WEFT_STRAIGHT_##Class(Function, name)
#define WEFT_BINARY(Function, name, Class, Diff, commutative, ulp, cycles, formula) \
  WEFT_STRAIGHT_##Class(Function, name)
#define WEFT_STRAIGHT_Bool(Function, name)
#define WEFT_STRAIGHT_Float(Function, name) \
  if (op == k##Function##Op) return #name;
#define WEFT_STRAIGHT_Numeric(Function, name) WEFT_STRAIGHT_Float(Function, name)
#include "ops/elementwise/elementwise_ops.inc"
#undef WEFT_STRAIGHT_Bool
#undef WEFT_STRAIGHT_Float
#undef WEFT_STRAIGHT_Numeric
  return nullptr;
}

// Reads a text. What is wrong with it shows as an op of -1 or an operand without kind, which doesn't compile.
constexpr StraightProgram ParseStraight(const char* text) {
  StraightProgram program;
  const auto skip = [&] {
    while (*text == ' ' || *text == ';') ++text;
  };
  const auto operand = [&](StraightOperand* to) {
    skip();
    if (*text != 'i' && *text != 'c' && *text != 't') return;
    to->kind = *text++;
    while (*text >= '0' && *text <= '9') to->index = to->index * 10 + (*text++ - '0');
    if (to->kind == 'i' && to->index >= program.num_inputs) program.num_inputs = to->index + 1;
    if (to->kind == 'c' && to->index >= program.num_constants) program.num_constants = to->index + 1;
  };
  for (skip(); *text != '-'; skip()) {
    StraightOp& op = program.ops[program.num_ops++];
    for (int candidate = 0; candidate < kNumElementwiseOps; ++candidate) {
      const char* name = StraightName(candidate);
      if (name == nullptr) continue;
      int length = 0;
      while (name[length] != 0 && name[length] == text[length]) ++length;
      if (name[length] == 0 && text[length] == ' ') op.op = candidate;
    }
    while (*text != ' ') ++text;
    operand(&op.a);
    if (*text == ' ' && text[1] != '-') operand(&op.b);
  }
  for (text += 2; *text != 0;) {
    StraightOperand output;
    operand(&output);
    program.outputs[program.num_outputs++] = output.index;
  }
  return program;
}

template <int kIndex>
inline constexpr StraightProgram kStraight = ParseStraight(kStraightTexts[kIndex]);

}  // namespace weft

#endif  // WEFT_OPS_ELEMENTWISE_STRAIGHT_H_
