// Inputs and outputs in the caller's memory: aligned or not, shared or not, the results are the same, and nothing but
// the outputs is written.
#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "core/testing/status_matchers.h"
#include "graph/exec/program.h"
#include "graph/exec/testing/build_module.h"
#include "graph/ir/scan.h"

namespace weft {
namespace {

using namespace test_ops;  // NOLINT

constexpr int64_t kElements = 64;  // four whole cache lines

// Memory in which an array of kElements floats begins `offset` bytes behind a multiple of 64, with guards around it.
class Guarded {
 public:
  explicit Guarded(int64_t offset, float start = -7) : offset_(offset) {
    std::fill(bytes_.begin(), bytes_.end(), std::byte{0x5A});
    for (int64_t i = 0; i < kElements; ++i) Set(i, start + static_cast<float>(i) / 2);
  }
  void* data() { return bytes_.data() + kGuard + offset_; }
  float Get(int64_t i) {
    float value;
    std::memcpy(&value, static_cast<std::byte*>(data()) + i * 4, 4);
    return value;
  }
  void Set(int64_t i, float value) { std::memcpy(static_cast<std::byte*>(data()) + i * 4, &value, 4); }
  bool GuardsStand() {
    const std::byte* first = static_cast<const std::byte*>(data());
    const auto intact = [](std::byte b) { return b == std::byte{0x5A}; };
    return std::all_of(static_cast<const std::byte*>(bytes_.data()), first, intact) &&
           std::all_of(first + kElements * 4, static_cast<const std::byte*>(bytes_.data() + bytes_.size()), intact);
  }

 private:
  static constexpr int64_t kGuard = 128;
  const int64_t offset_;
  alignas(64) std::array<std::byte, kElements * 4 + 3 * kGuard> bytes_;
};

class CallerMemory : public ::testing::Test {
 protected:
  void Record(const std::function<void(GraphBuilder&)>& record) {
    ModuleBuilder builder;
    builder.Variable("v", {kElements}).Function("f", record);
    module_ = *builder.Build();
    program_ = *Program::Compile(module_, "f", {});
    state_ = *State::Create(module_);
  }
  absl::Status Run(const std::vector<void*>& inputs, const std::vector<void*>& outputs) {
    std::vector<TensorView> in;
    std::vector<MutableTensorView> out;
    for (void* p : inputs) in.emplace_back(DType::kFloat32, Dims{kElements}, p);
    for (void* p : outputs) out.emplace_back(DType::kFloat32, Dims{kElements}, p);
    return program_->Run(*state_, in, out, {});
  }

  std::shared_ptr<const Module> module_;
  std::shared_ptr<const Program> program_;
  std::unique_ptr<State> state_;
};

const Shape kShape{kElements};

TEST_F(CallerMemory, AlignedOrNotTheResultIsTheSameAndTheInputsStay) {
  // y may be computed in x's bytes, if those are the program's own.
  Record([](GraphBuilder& b) {
    Value x = b.Input("x", F32(kShape)), y = b.Input("y", F32(kShape));
    Value sum = Add(x, y);
    b.Output("sum", sum);
    b.Output("product", Mul(Mul(sum, y), x));
  });
  // In turn, so that a run must not see the memory of the one before it.
  for (int round = 0; round < 2; ++round) {
    for (int offsets = 0; offsets < 16; ++offsets) {
      Guarded x(offsets & 1 ? 4 : 0), y(offsets & 2 ? 8 : 0, 3), sum(offsets & 4 ? 16 : 0),
          product(offsets & 8 ? 60 : 0);
      WEFT_ASSERT_OK(Run({x.data(), y.data()}, {sum.data(), product.data()}));
      for (int64_t i = 0; i < kElements; ++i) {
        const float a = -7 + static_cast<float>(i) / 2, b = 3 + static_cast<float>(i) / 2;
        ASSERT_EQ(x.Get(i), a);
        ASSERT_EQ(y.Get(i), b);
        ASSERT_EQ(sum.Get(i), a + b) << offsets;
        ASSERT_EQ(product.Get(i), (a + b) * b * a) << offsets;
      }
      ASSERT_TRUE(x.GuardsStand() && y.GuardsStand() && sum.GuardsStand() && product.GuardsStand()) << offsets;
    }
  }
}

TEST_F(CallerMemory, AnInputMayBeTheOutputsMemory) {
  Record([](GraphBuilder& b) {
    Value x = b.Input("x", F32(kShape)), y = b.Input("y", F32(kShape));
    b.Output("sum", Add(x, y));
    b.Output("difference", Add(x, Unary("neg", y)));
  });
  Guarded x(0), y(0, 3);
  WEFT_ASSERT_OK(Run({x.data(), y.data()}, {x.data(), y.data()}));
  for (int64_t i = 0; i < kElements; ++i) {
    ASSERT_EQ(x.Get(i), -4 + static_cast<float>(i));
    ASSERT_EQ(y.Get(i), -10);
  }
}

TEST_F(CallerMemory, AnInputThatOverlapsAnOutputInPart) {
  Record([](GraphBuilder& b) {
    Value x = b.Input("x", F32(kShape));
    b.Output("y", Unary("neg", Add(x, x)));
  });
  alignas(64) std::array<float, kElements + 16> memory;
  for (size_t i = 0; i < memory.size(); ++i) memory[i] = static_cast<float>(i);
  WEFT_ASSERT_OK(Run({memory.data()}, {memory.data() + 16}));
  for (int64_t i = 0; i < kElements; ++i) ASSERT_EQ(memory[i + 16], -2 * static_cast<float>(i));
}

TEST_F(CallerMemory, OneInputTwiceAndOneValueAsTwoOutputs) {
  Record([](GraphBuilder& b) {
    Value x = b.Input("x", F32(kShape)), y = b.Input("y", F32(kShape));
    Value sum = Add(x, y);
    b.Output("first", sum);
    b.Output("second", sum);
    b.Output("input", x);
  });
  Guarded x(0), first(0), second(0), input(0);
  WEFT_ASSERT_OK(Run({x.data(), x.data()}, {first.data(), second.data(), input.data()}));
  for (int64_t i = 0; i < kElements; ++i) {
    ASSERT_EQ(first.Get(i), 2 * x.Get(i));
    ASSERT_EQ(second.Get(i), 2 * x.Get(i));
    ASSERT_EQ(input.Get(i), x.Get(i));
  }
}

TEST_F(CallerMemory, AVariableGetsAnInputOrAnOutput) {
  Record([](GraphBuilder& b) {
    Value x = b.Input("x", F32(kShape));
    Value y = Add(b.Variable("v"), x);
    b.Update("v", y);
    b.Output("y", y);
    b.Output("old", b.Variable("v"));
  });
  Guarded x(0, 1), y(0), old(0);
  WEFT_ASSERT_OK(Run({x.data()}, {y.data(), old.data()}));
  WEFT_ASSERT_OK(Run({x.data()}, {y.data(), old.data()}));
  const Tensor v = *state_->Get("v");
  for (int64_t i = 0; i < kElements; ++i) {
    ASSERT_EQ(old.Get(i), x.Get(i));
    ASSERT_EQ(y.Get(i), 2 * x.Get(i));
    ASSERT_EQ(v.AtDouble(i), 2 * x.Get(i));
  }
}

// The first carry is the input, the last one an output; slices of a stacked input are read in whole vectors.
TEST_F(CallerMemory, LoopsOverInputs) {
  for (const int64_t length : {1, 2, 3}) {
    Record([&](GraphBuilder& b) {
      Value x = b.Input("x", F32(kShape)), y = b.Input("y", F32(kShape));
      ScanResult r = Scan(b, {x}, {},
                          [&](GraphBuilder&, absl::Span<const Value> c, absl::Span<const Value>) {
                            return ScanStep{{Add(c[0], y)}, {}};
                          },
                          {.length = Dim(length)});
      b.Output("last", r.carries[0]);
      b.Output("sum", Add(r.carries[0], x));
    });
    for (const int64_t offset : {0, 4}) {
      Guarded x(offset), y(0, 3), last(0), sum(offset);
      WEFT_ASSERT_OK(Run({x.data(), y.data()}, {last.data(), sum.data()}));
      for (int64_t i = 0; i < kElements; ++i) {
        ASSERT_EQ(last.Get(i), x.Get(i) + static_cast<float>(length) * y.Get(i)) << length << " " << offset;
        ASSERT_EQ(sum.Get(i), last.Get(i) + x.Get(i));
      }
      ASSERT_TRUE(x.GuardsStand() && last.GuardsStand() && sum.GuardsStand());
    }
  }
}

}  // namespace
}  // namespace weft
