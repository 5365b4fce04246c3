// Images of one channel, which have a path of their own: against the reference, and bit for bit against the general
// path, at every ISA level.
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/testing/status_matchers.h"
#include "graph/exec/reference.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "ops/conv/conv.h"
#include "ops/elementwise/elementwise.h"
#include "ops/pool/pool.h"
#include "ops/testing/fusion.h"
#include "ops/testing/kernel_sweep.h"
#include "ops/testing/targets.h"

namespace weft {
namespace {

TensorType F32(const Dims& dims) { return {DType::kFloat32, Shape::FromDims(dims)}; }

enum class Body : uint8_t { kNone, kBias, kRelu, kBiasRelu, kTanh };
constexpr Body kBodies[] = {Body::kNone, Body::kBias, Body::kRelu, Body::kBiasRelu, Body::kTanh};

Value Apply(Body body, Value y, Value bias) {
  if (body == Body::kBias || body == Body::kBiasRelu) y = y + bias;
  if (body == Body::kRelu || body == Body::kBiasRelu) y = Relu(y);
  return body == Body::kTanh ? Tanh(y + bias) : y;
}

struct Problem {
  Dims x, kernel;
  Conv2DOptions options = {};
  Body body = Body::kNone;
  bool pool = false, keep = false;

  bool IsValid() const {
    for (int i = 0; i < 2; ++i) {
      const int64_t room = x[1 + i] + options.padding_low[i] + options.padding_high[i] - kernel[i];
      if (room < 0 || (pool && room / options.strides[i] < 1)) return false;
    }
    return true;
  }
  std::string ToString() const {
    return absl::StrCat(DimsToString(x), " * ", DimsToString(kernel), ", strides ", options.strides[0], " ",
                        options.strides[1], ", padding ", options.padding_low[0], " ", options.padding_high[0], " ",
                        options.padding_low[1], " ", options.padding_high[1], ", body ", static_cast<int>(body),
                        pool ? ", pooled" : "", keep ? ", kept" : "");
  }
};

// With `copies`, each image has that many channels that are the image, and the kernel so many groups: all but one copy
// take the general path, and each gives the same.
GraphPtr Record(const Problem& p, int64_t copies) {
  GraphBuilder b(AllOps());
  Dims x_dims = p.x, kernel_dims = p.kernel;
  x_dims[3] *= copies;
  kernel_dims[3] *= copies;
  Value x = b.Input("x", F32(x_dims)), kernel = b.Input("k", F32(kernel_dims));
  Value bias = b.Input("bias", F32({kernel_dims[3]}));
  Conv2DOptions options = p.options;
  options.groups = copies;
  Value y = Apply(p.body, Conv2D(x, kernel, options), bias);
  if (!p.pool || p.keep) b.Output("y", y);
  if (p.pool) b.Output("pooled", MaxPool2D(y));
  b.Output("bias", bias);
  absl::StatusOr<GraphPtr> graph = b.Build();
  WEFT_EXPECT_OK(graph.status());
  return *graph;
}

// Each element of the last axis `copies` times, or each run of them.
Tensor Repeat(const Tensor& t, int64_t run, int64_t copies) {
  Dims dims = t.dims();
  dims.back() *= copies;
  Tensor out = *Tensor::Create(DType::kFloat32, dims);
  const float* from = t.data<float>().data();
  float* to = out.mutable_data<float>().data();
  for (int64_t i = 0; i < t.num_elements(); i += run) {
    for (int64_t k = 0; k < copies; ++k, to += run) std::memcpy(to, from + i, run * sizeof(float));
  }
  return out;
}

bool SameBits(float a, float b) { return std::isnan(a) ? std::isnan(b) : a == b && std::signbit(a) == std::signbit(b); }

void Check(const Problem& p, std::vector<Tensor> inputs) {
  SCOPED_TRACE(p.ToString());
  const GraphPtr own = Fused(Record(p, 1)), general = Record(p, 2);
  WEFT_ASSERT_OK_AND_ASSIGN(const ReferenceResult reference, RunReference(*own, inputs));
  const int64_t columns = p.kernel[3];
  const std::vector<Tensor> copies = {Repeat(inputs[0], 1, 2), Repeat(inputs[1], columns, 2),
                                      Repeat(inputs[2], columns, 2)};
  WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> want, RunGuarded(*general, copies, Target()));
  for (Isa isa : HostIsas()) {
    for (int shares : {1, 2, 5}) {
      SCOPED_TRACE(absl::StrCat(Name(isa), ", ", shares, " shares"));
      const Target target = TargetOf(isa, shares);
      WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> got, RunGuarded(*own, inputs, target));
      ASSERT_EQ(got.size(), want.size());
      for (size_t k = 0; k < got.size(); ++k) {
        ASSERT_EQ(got[k].num_elements() * 2, want[k].num_elements());
        for (int64_t i = 0; i < got[k].num_elements(); ++i) {
          const float mine = got[k].data<float>()[i];
          const float other = want[k].data<float>()[i / columns * 2 * columns + i % columns];
          ASSERT_TRUE(SameBits(mine, other)) << "result " << k << ", element " << i << ": " << mine << ", " << other;
          const double exact = reference.outputs[k].AtDouble(i);
          if (std::isfinite(exact)) {
            ASSERT_NEAR(mine, exact, 1e-4) << "result " << k << ", element " << i;
          }
        }
      }
    }
  }
}

std::vector<Tensor> RandomInputs(const Problem& p, uint32_t seed) {
  return {RandomTensor(p.x, seed), RandomTensor(p.kernel, seed + 1), RandomTensor({p.kernel[3]}, seed + 2)};
}

// All widths, with whatever else in turn.
TEST(OneChannelConv, HasTheBitsOfTheGeneralPath) {
  std::mt19937 engine(5);
  const auto of = [&](std::initializer_list<int64_t> list) { return list.begin()[engine() % list.size()]; };
  int checked = 0;
  for (int64_t width = 1; width <= 40; ++width) {
    for (int trial = 0; trial < 8; ++trial) {
      const bool flat = of({0, 0, 0, 1}) == 1;
      const int64_t size = of({3, 3, 3, 5});
      Problem p{{of({1, 2, 3}), flat ? 1 : of({3, 4, 5, 8, 9}), width, 1},
                {flat ? 1 : size, size, 1, of({1, 3, 16, 17, 32, 33, 40, 64, 70})}};
      for (int i = 0; i < 2; ++i) {
        p.options.strides[i] = of({1, 1, 1, 2, 3});
        p.options.padding_low[i] = flat && i == 0 ? 0 : of({0, 1, 1, 2, 6});
        p.options.padding_high[i] = flat && i == 0 ? 0 : of({0, 1, 1, 2});
      }
      if (of({0, 1}) == 1) p.options.strides = {1, 1};
      p.body = kBodies[engine() % 5];
      p.pool = !flat && of({0, 1}) == 1;
      p.keep = p.pool && of({0, 1}) == 1;
      if (!p.IsValid()) continue;
      Check(p, RandomInputs(p, static_cast<uint32_t>(engine())));
      if (HasFailure()) return;
      ++checked;
    }
  }
  EXPECT_GT(checked, 150);
}

TEST(OneChannelConv, ShapesOfNetworks) {
  for (Body body : kBodies) {
    for (int64_t padding : {0, 1}) {
      const Conv2DOptions options{.padding_low = {padding, padding}, .padding_high = {padding, padding}};
      for (bool pool : {false, true}) {
        const Problem p{{3, 28, 28, 1}, {3, 3, 1, 32}, options, body, pool};
        Check(p, RandomInputs(p, 1));
        if (HasFailure()) return;
      }
    }
  }
}

// Taps in the padding are left out: what the kernel holds there is not multiplied by a zero.
TEST(OneChannelConv, TapsInThePaddingAreLeftOut) {
  for (bool pool : {false, true}) {
    const Problem p{{1, 6, 9, 1}, {3, 3, 1, 4}, {.padding_low = {1, 1}, .padding_high = {1, 1}}, Body::kNone, pool};
    std::vector<Tensor> inputs = RandomInputs(p, 3);
    inputs[1].mutable_data<float>()[0] = std::numeric_limits<float>::infinity();  // the tap in the upper left
    Check(p, inputs);
  }
}

// The body is done on the maxima alone only where that makes no difference.
TEST(OneChannelConv, WhatIsNotFiniteComesThroughABodyOnTheMaxima) {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  for (Body body : kBodies) {
    for (bool keep : {false, true}) {
      for (float odd : {inf, -inf, nan, -0.0f}) {
        const Problem p{{1, 6, 8, 1}, {3, 3, 1, 5}, {}, body, true, keep};
        std::vector<Tensor> inputs = RandomInputs(p, 9);
        for (int i : {3, 17, 29}) inputs[0].mutable_data<float>()[i] = odd;
        inputs[2].mutable_data<float>()[0] = inf;
        inputs[2].mutable_data<float>()[1] = -inf;
        inputs[2].mutable_data<float>()[2] = nan;
        inputs[2].mutable_data<float>()[3] = -0.0f;
        Check(p, inputs);
        inputs[2] = RandomTensor({5}, 4);
        Check(p, inputs);
        if (HasFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace weft
