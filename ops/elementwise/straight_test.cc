// The listed programs: each is found by its text, and gives the bits of its ops one by one, on every instruction set of
// the host, with scalars, in place, at several sizes, special numbers included.
#include "ops/elementwise/straight.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "core/buffer.h"
#include "core/simd/denormals.h"
#include "core/testing/status_matchers.h"
#include "ops/elementwise/elementwise.h"
#include "ops/elementwise/straight_match.h"
#include "ops/elementwise/testing/harness.h"
#include "ops/elementwise/tile_program.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

std::vector<Isa> Levels() {
  std::vector<Isa> levels = {Isa::kBaseline};
  if (DetectIsa() >= Isa::kAvx2) levels.push_back(Isa::kAvx2);
  if (DetectIsa() >= Isa::kAvx512) levels.push_back(Isa::kAvx512);
  return levels;
}

double ConstantValue(int c) { return 0.1 + 0.3 * c; }

// The body that a text describes, recorded op by op.
GraphPtr Record(const StraightProgram& program) {
  const std::vector<TensorType> types(program.num_inputs, TensorType{DType::kFloat32, {}});
  absl::StatusOr<GraphPtr> body = BuildGraph(types, [&](GraphBuilder& b, absl::Span<const Value> inputs) {
    std::vector<Value> results;
    const auto operand = [&](const StraightOperand& o) {
      if (o.kind == 'i') return inputs[o.index];
      if (o.kind == 't') return results[o.index];
      return Constant(b, Tensor::Scalar(DType::kFloat32, ConstantValue(o.index)));
    };
    for (int i = 0; i < program.num_ops; ++i) {
      const StraightOp& op = program.ops[i];
      std::vector<Value> operands = {operand(op.a)};
      if (op.b.kind != 0) operands.push_back(operand(op.b));
      results.push_back(b.Record1(StraightName(op.op), operands, {}, SourceLocation::current()));
    }
    std::vector<Value> outputs;
    for (int k = 0; k < program.num_outputs; ++k) outputs.push_back(results[program.outputs[k]]);
    return outputs;
  });
  EXPECT_THAT(body, IsOk());
  return body.ok() ? *body : nullptr;
}

// A program on tensors of n elements; inputs of one element are scalars, an output k with in_place >= 0 takes the bytes
// of that input.
std::vector<Tensor> RunTiles(const TileProgram& program, const std::vector<Tensor>& inputs, int64_t n, int in_place) {
  std::shared_ptr<Buffer> scratch = *Buffer::Allocate(program.ScratchBytes(n));
  TileRunner runner(program, n, scratch->data());
  std::vector<Tensor> copies, results;
  std::vector<const void*> in;
  std::vector<void*> out;
  for (const Tensor& input : inputs) copies.push_back(input.Clone());
  for (size_t i = 0; i < inputs.size(); ++i) {
    const bool scalar = inputs[i].num_elements() == 1;
    if (scalar) runner.SetScalar(static_cast<int>(i), copies[i].raw());
    in.push_back(scalar ? nullptr : copies[i].raw());
  }
  for (int k = 0; k < program.num_outputs(); ++k) {
    const bool aliased = k == 0 && in_place >= 0 && copies[in_place].num_elements() == n;
    results.push_back(aliased ? copies[in_place] : *Tensor::Create(DType::kFloat32, {n}));
    out.push_back(results.back().mutable_raw());
  }
  simd::ScopedFlushToZero flush;
  runner.Run(in.data(), out.data(), n);
  return results;
}

// The same, each op by a program of its own.
std::vector<Tensor> RunOpByOp(const StraightProgram& program, const std::vector<Tensor>& inputs, int64_t n, Isa isa) {
  std::vector<Tensor> results;
  for (int i = 0; i < program.num_ops; ++i) {
    const StraightOp& op = program.ops[i];
    std::vector<Tensor> operands;
    for (const StraightOperand& o : {op.a, op.b}) {
      if (o.kind == 'i') operands.push_back(inputs[o.index]);
      if (o.kind == 't') operands.push_back(results[o.index]);
      if (o.kind == 'c') operands.push_back(Tensor::Scalar(DType::kFloat32, ConstantValue(o.index)));
    }
    const std::vector<DType> dtypes(operands.size(), DType::kFloat32);
    absl::StatusOr<TileProgram> one =
        TileProgram::ForOp(*TestOps().Find(StraightName(op.op)), {}, dtypes, DType::kFloat32, isa);
    EXPECT_THAT(one, IsOk());
    if (!one.ok()) return {};
    results.push_back(RunTiles(*one, operands, n, -1)[0]);
  }
  std::vector<Tensor> outputs;
  for (int k = 0; k < program.num_outputs; ++k) outputs.push_back(results[program.outputs[k]]);
  return outputs;
}

TEST(StraightTest, EachGivesTheBitsOfItsOps) {
  PhiloxStream random(7, 0);
  for (const char* text : kStraightTexts) {
    SCOPED_TRACE(text);
    const StraightProgram program = ParseStraight(text);
    const GraphPtr body = Record(program);
    ASSERT_NE(body, nullptr);
    for (Isa isa : Levels()) {
      WEFT_ASSERT_OK_AND_ASSIGN(TileProgram compiled, TileProgram::Create(*body, isa));
      EXPECT_EQ(compiled.straight_text(), text);
      EXPECT_EQ(compiled.num_instructions(), 1);
      for (const int64_t n : {int64_t{64}, int64_t{192}, TileProgram::kMaxTile}) {
        // Each input in turn is a scalar; the first output takes each input's place; then neither.
        for (int chosen = -1; chosen < program.num_inputs; ++chosen) {
          for (const bool scalar : {false, true}) {
            SCOPED_TRACE(absl::StrCat(Name(isa), ", n = ", n, ", input ", chosen, scalar ? " a scalar" : " in place"));
            std::vector<Tensor> inputs;
            for (int i = 0; i < program.num_inputs; ++i) {
              inputs.push_back(RandomF32({scalar && i == chosen ? 1 : n}, -2, 2, random, 40));
            }
            const std::vector<Tensor> want = RunOpByOp(program, inputs, n, isa);
            const std::vector<Tensor> got = RunTiles(compiled, inputs, n, scalar ? -1 : chosen);
            ASSERT_EQ(got.size(), want.size());
            for (size_t k = 0; k < want.size(); ++k) ASSERT_EQ(Difference(got[k], want[k], 0), "") << "output " << k;
          }
        }
      }
    }
  }
}

// A text that no body has is dead code: each differs from the others, and reads as it is written.
TEST(StraightTest, TextsAreDistinct) {
  for (int i = 0; i < kNumStraight; ++i) EXPECT_EQ(FindStraight(kStraightTexts[i]), i);
  EXPECT_EQ(FindStraight("mul i0 i1 -> t0"), -1);
  EXPECT_EQ(FindStraight(""), -1);
}

}  // namespace
}  // namespace weft
