// TileProgram: registers, fusion, outputs in place of inputs, errors. (random_bodies_test.cc: all of it at random.)
#include "ops/elementwise/tile_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/buffer.h"
#include "core/simd/denormals.h"
#include "core/testing/status_matchers.h"
#include "ops/elementwise/elementwise.h"
#include "ops/elementwise/testing/harness.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using Record = std::function<std::vector<Value>(GraphBuilder& builder, absl::Span<const Value> in)>;

GraphPtr Body(std::vector<DType> inputs, const Record& record) {
  std::vector<TensorType> types;
  for (DType dtype : inputs) types.push_back({dtype, {}});
  absl::StatusOr<GraphPtr> body = BuildGraph(types, record);
  EXPECT_THAT(body, IsOk());
  return body.ok() ? *body : nullptr;
}
std::vector<DType> Floats(int n) { return std::vector<DType>(n, DType::kFloat32); }

// A program, its scratch memory and some tiles to run it on.
class Tiles {
 public:
  Tiles(const Graph& body, int64_t tile, Isa isa = Isa::kBaseline) : program_(*TileProgram::Create(body, isa)) {
    scratch_ = *Buffer::Allocate(program_.ScratchBytes(tile));
    runner_.emplace(program_, tile, scratch_->data());
    tile_ = tile;
  }
  TileRunner& runner() { return *runner_; }
  const TileProgram& program() const { return program_; }
  // Runs on tensors of n elements; `in_place[k]`: the input whose bytes output k takes, or -1. A tensor of one element
  // is a scalar.
  std::vector<Tensor> Run(const std::vector<Tensor>& inputs, std::vector<int> in_place = {}) {
    std::vector<Tensor> copies;
    std::vector<const void*> in;
    int64_t n = tile_;
    for (const Tensor& t : inputs) {
      copies.push_back(t.Clone());
      if (t.num_elements() > 1) n = t.num_elements();
    }
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i].num_elements() == 1) runner_->SetScalar(static_cast<int>(i), copies[i].raw());
      in.push_back(inputs[i].num_elements() == 1 ? nullptr : copies[i].raw());
    }
    std::vector<Tensor> results;
    std::vector<void*> out;
    for (int k = 0; k < program_.num_outputs(); ++k) {
      const bool aliased = k < static_cast<int>(in_place.size()) && in_place[k] >= 0;
      results.push_back(aliased ? copies[in_place[k]] : *Tensor::Create(program_.output_dtype(k), {n}));
      out.push_back(results.back().mutable_raw());
    }
    simd::ScopedFlushToZero flush;
    runner_->Run(in.data(), out.data(), n);
    return results;
  }

 private:
  TileProgram program_;
  std::shared_ptr<Buffer> scratch_;
  std::optional<TileRunner> runner_;
  int64_t tile_ = 0;
};

Tensor Ramp(float first, int64_t n = 64) {
  Tensor t = *Tensor::Create(DType::kFloat32, {n});
  for (int64_t i = 0; i < n; ++i) t.mutable_data<float>()[i] = first + static_cast<float>(i);
  return t;
}

TEST(TileProgramTest, RunsInputsConstantsAndScalars) {
  GraphPtr body = Body(Floats(3), [](GraphBuilder&, absl::Span<const Value> in) {
    return std::vector<Value>{in[0] * in[1] + 2.0 - in[2]};
  });
  Tiles tiles(*body, 128);
  EXPECT_EQ(tiles.program().num_instructions(), 1);
  std::vector<Tensor> y = tiles.Run({Ramp(1), Ramp(5), F32({1}, {10})});
  for (int i = 0; i < 64; ++i) EXPECT_EQ(y[0].data<float>()[i], (1.0f + i) * (5.0f + i) + 2 - 10);
  // Constants and scalars stay for the next tile.
  y = tiles.Run({Ramp(-3), Ramp(7), F32({1}, {1})});
  for (int i = 0; i < 64; ++i) EXPECT_EQ(y[0].data<float>()[i], (-3.0f + i) * (7.0f + i) + 2 - 1);
}

TEST(TileProgramTest, TemporariesAreReused) {
  // A chain needs one temporary, as kernels work in place: the last value is computed where the output lies.
  GraphPtr chain = Body(Floats(1), [](GraphBuilder&, absl::Span<const Value> in) {
    Value y = in[0];
    for (int i = 0; i < 10; ++i) y = Square(y) + 1.0;
    return std::vector<Value>{y};
  });
  EXPECT_EQ(TileProgram::Create(*chain, Isa::kBaseline)->num_temporaries(), 1);
  // A full binary tree of depth 4 over distinct leaves needs more.
  GraphPtr tree = Body(Floats(16), [](GraphBuilder&, absl::Span<const Value> in) {
    std::vector<Value> level(in.begin(), in.end());
    while (level.size() > 1) {
      std::vector<Value> next;
      for (size_t i = 0; i < level.size(); i += 2) next.push_back(Maximum(level[i], level[i + 1]));
      level = next;
    }
    return level;
  });
  EXPECT_EQ(TileProgram::Create(*tree, Isa::kBaseline)->num_temporaries(), 8);
}

TEST(TileProgramTest, NeighboursRunInOnePass) {
  auto passes = [](int inputs, const Record& record) {
    return TileProgram::Create(*Body(Floats(inputs), record), Isa::kBaseline)->num_instructions();
  };
  // The gradient of relu.
  EXPECT_EQ(
      passes(2, [](GraphBuilder&, auto in) { return std::vector<Value>{Select(Greater(in[0], 0.0), in[1], 0.0)}; }), 1);
  // Bias and relu.
  EXPECT_EQ(passes(2, [](GraphBuilder&, auto in) { return std::vector<Value>{Relu(in[0] + in[1])}; }), 1);
  // RMSprop: v * 0.9 | v' | v' + eps | rsqrt | w'.
  EXPECT_EQ(passes(4,
                   [](GraphBuilder&, auto in) {
                     Value v = in[1] * 0.9 + Square(in[2]) * 0.1;
                     return std::vector<Value>{in[0] - in[3] * (in[2] * Rsqrt(v + 1e-7)), v};
                   }),
            5);
  // A value that is read twice, or is an output, is computed once, by itself.
  EXPECT_EQ(passes(2,
                   [](GraphBuilder&, auto in) {
                     Value t = in[0] + in[1];
                     return std::vector<Value>{t * 2.0 - t};
                   }),
            2);
  EXPECT_EQ(passes(2,
                   [](GraphBuilder&, auto in) {
                     Value t = in[0] + in[1];
                     return std::vector<Value>{t, t * 2.0};
                   }),
            2);
  EXPECT_EQ(passes(2,
                   [](GraphBuilder&, auto in) {
                     Value t = in[0] + in[1];
                     return std::vector<Value>{Square(t), t + t};
                   }),
            3);
  // Only so long, and of so many operands.
  EXPECT_EQ(passes(6, [](GraphBuilder&,
                         auto in) { return std::vector<Value>{((in[0] + in[1] - in[2]) * in[3] + in[4]) - in[5]}; }),
            2);
}

TEST(TileProgramTest, WhatNoOutputNeedsIsNotComputed) {
  GraphPtr body = Body(Floats(2), [](GraphBuilder&, absl::Span<const Value> in) {
    Value unused = Exp(in[1]) * 7.0;
    static_cast<void>(unused);
    return std::vector<Value>{Neg(in[0])};
  });
  EXPECT_EQ(TileProgram::Create(*body, Isa::kBaseline)->num_instructions(), 1);
}

TEST(TileProgramTest, SizesOfElementsAreKeptApart) {
  GraphPtr body = Body({DType::kUInt8, DType::kInt64, DType::kFloat32}, [](GraphBuilder&, absl::Span<const Value> in) {
    Value wide = Cast(Cast(in[0], DType::kInt64) + in[1], DType::kFloat32);
    return std::vector<Value>{Select(Greater(wide, in[2]), wide, in[2]), Cast(wide, DType::kUInt8)};
  });
  Tensor bytes = *Tensor::Create(DType::kUInt8, {64}), longs = *Tensor::Create(DType::kInt64, {64});
  for (int i = 0; i < 64; ++i) bytes.mutable_data<uint8_t>()[i] = static_cast<uint8_t>(i * 4);
  for (int i = 0; i < 64; ++i) longs.mutable_data<int64_t>()[i] = i - 32;
  Tiles tiles(*body, 64);
  std::vector<Tensor> y = tiles.Run({bytes, longs, F32({1}, {50})});
  for (int i = 0; i < 64; ++i) {
    const float wide = static_cast<float>(i * 4 + i - 32);
    EXPECT_EQ(y[0].data<float>()[i], std::max(wide, 50.0f));
    EXPECT_EQ(y[1].data<uint8_t>()[i], static_cast<uint8_t>(std::clamp(wide, 0.0f, 255.0f)));
  }
}

TEST(TileProgramTest, AnOutputMayOverwriteAnInputThatIsReadLater) {
  // y0 takes the place of x0, which y1 still reads; and the other way round.
  GraphPtr body = Body(Floats(2), [](GraphBuilder&, absl::Span<const Value> in) {
    return std::vector<Value>{in[0] + in[1], in[0] - in[1]};
  });
  for (const std::vector<int>& in_place : {std::vector<int>{0, 1}, {1, 0}, {0, -1}, {-1, 0}, {-1, -1}}) {
    Tiles tiles(*body, 64);
    std::vector<Tensor> y = tiles.Run({Ramp(100), Ramp(3)}, in_place);
    EXPECT_EQ(Difference(
                  y[0],
                  [&] {
                    return (Tiles(*body, 64).Run({Ramp(100), Ramp(3)}))[0];
                  }(),
                  0),
              "");
    for (int i = 0; i < 64; ++i) ASSERT_EQ(y[1].data<float>()[i], 97);
  }
}

TEST(TileProgramTest, OutputsThatAreInputsMayBeSwapped) {
  GraphPtr body = Body(Floats(2), [](GraphBuilder&, absl::Span<const Value> in) {
    return std::vector<Value>{in[1], in[0]};
  });
  Tiles tiles(*body, 64);
  std::vector<Tensor> y = tiles.Run({Ramp(1), Ramp(1000)}, {0, 1});
  EXPECT_EQ(Difference(y[0], Ramp(1000), 0), "");
  EXPECT_EQ(Difference(y[1], Ramp(1), 0), "");
}

TEST(TileProgramTest, OneValueMayBeSeveralOutputs) {
  GraphPtr body = Body(Floats(1), [](GraphBuilder& b, absl::Span<const Value> in) {
    Value y = Neg(in[0]);
    return std::vector<Value>{y, y, in[0], b.Constant(Tensor::Scalar(DType::kFloat32, 4)), Square(y)};
  });
  for (const std::vector<int>& in_place :
       {std::vector<int>{-1, -1, -1, -1, -1}, {0}, {-1, 0}, {-1, -1, 0}, {-1, -1, -1, 0}}) {
    Tiles tiles(*body, 64);
    std::vector<Tensor> y = tiles.Run({Ramp(5)}, in_place);
    for (int i = 0; i < 64; ++i) {
      ASSERT_EQ(y[0].data<float>()[i], -5.0f - i);
      ASSERT_EQ(y[1].data<float>()[i], -5.0f - i);
      ASSERT_EQ(y[2].data<float>()[i], 5.0f + i);
      ASSERT_EQ(y[3].data<float>()[i], 4);
      ASSERT_EQ(y[4].data<float>()[i], (5.0f + i) * (5.0f + i));
    }
  }
}

TEST(TileProgramTest, RefusesWhatIsNoBody) {
  auto build = [](const TensorType& type, const Record& record) { return *BuildGraph({type}, record); };
  const TensorType scalar{DType::kFloat32, {}};
  GraphPtr vector = build({DType::kFloat32, {3}},
                          [](GraphBuilder&, absl::Span<const Value> in) { return std::vector<Value>{Exp(in[0])}; });
  EXPECT_THAT(TileProgram::Create(*vector, Isa::kBaseline),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("expected scalars only")));
  GraphPtr other_op = build(scalar, [&](GraphBuilder& b, absl::Span<const Value> in) {
    return std::vector<Value>{in[0] + Full(b, scalar, 1)};
  });
  EXPECT_THAT(TileProgram::Create(*other_op, Isa::kBaseline),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("op 'full' in the body")));
  GraphPtr no_output = build(scalar, [](GraphBuilder&, absl::Span<const Value>) { return std::vector<Value>{}; });
  EXPECT_THAT(TileProgram::Create(*no_output, Isa::kBaseline),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no output")));
  GraphPtr doubles = build({DType::kFloat64, {}},
                           [](GraphBuilder&, absl::Span<const Value> in) { return std::vector<Value>{Exp(in[0])}; });
  EXPECT_THAT(TileProgram::Create(*doubles, Isa::kBaseline),
              StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("'exp' has no tile kernel for f64")));
}

}  // namespace
}  // namespace weft
