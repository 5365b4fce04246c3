// Kernels at every ISA level and number of shares, between guard zones: against the reference, against each other bit
// for bit, an image alone against the same in a batch, and fused against separate.
#include "graph/exec/kernel.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/testing/status_matchers.h"
#include "graph/exec/reference.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "ops/conv/conv.h"
#include "ops/elementwise/elementwise.h"
#include "ops/testing/kernel_sweep.h"
#include "ops/testing/targets.h"

namespace weft {
namespace {

// A convolution and the dims of its three tensors.
struct Problem {
  Dims x, kernel, y;
  Conv2DOptions options;

  Problem(Dims x_dims, Dims kernel_dims, Conv2DOptions o = {})
      : x(std::move(x_dims)), kernel(std::move(kernel_dims)), y{x[0], 0, 0, kernel[3]}, options(std::move(o)) {
    for (int i = 0; i < 2; ++i) {
      const int64_t extent = (kernel[i] - 1) * options.dilations[i] + 1;
      y[1 + i] = (x[1 + i] + options.padding_low[i] + options.padding_high[i] - extent) / options.strides[i] + 1;
    }
  }
  std::string ToString() const {
    const auto pair = [](const std::vector<int64_t>& v) { return absl::StrJoin(v, ","); };
    return absl::StrCat(DimsToString(x), " * ", DimsToString(kernel), ", strides ", pair(options.strides),
                        ", dilations ", pair(options.dilations), ", padding ", pair(options.padding_low), " ",
                        pair(options.padding_high), ", groups ", options.groups);
  }
};

enum class Which : uint8_t { kForward, kInputGradient, kKernelGradient };
constexpr Which kAllThree[] = {Which::kForward, Which::kInputGradient, Which::kKernelGradient};

std::pair<Dims, Dims> OperandDims(const Problem& p, Which which) {
  switch (which) {
    case Which::kForward:
      return {p.x, p.kernel};
    case Which::kInputGradient:
      return {p.y, p.kernel};
    case Which::kKernelGradient:
      break;
  }
  return {p.x, p.y};
}

Value RecordOp(const Problem& p, Which which, Value a, Value b) {
  switch (which) {
    case Which::kForward:
      return Conv2D(a, b, p.options);
    case Which::kInputGradient:
      return Conv2DInputGradient(a, b, Shape::FromDims(p.x), p.options);
    case Which::kKernelGradient:
      break;
  }
  return Conv2DKernelGradient(a, b, Shape::FromDims(p.kernel), p.options);
}

Value Input(GraphBuilder& builder, const std::string& name, const Tensor& t) {
  return builder.Input(name, {t.dtype(), Shape::FromDims(t.dims())});
}

GraphPtr Plain(const Problem& p, Which which, const Tensor& a, const Tensor& b) {
  GraphBuilder builder(AllOps());
  Value left = Input(builder, "a", a), right = Input(builder, "b", b);
  builder.Output("y", RecordOp(p, which, left, right));
  absl::StatusOr<GraphPtr> graph = builder.Build();
  WEFT_EXPECT_OK(graph.status());
  return *graph;
}

// Whether every node of the family has a kernel, so that it is a kernel that is tested.
bool HasKernels(const Graph& graph, const Target& target) {
  for (const Node& node : graph.nodes()) {
    if (node.op->family != "conv") continue;
    std::vector<ConcreteType> in, out;
    for (ValueId v : node.inputs) in.push_back(*Bind(graph.type(v), {}));
    for (int k = 0; k < node.num_outputs; ++k) out.push_back(*Bind(graph.type(node.first_output + k), {}));
    const SymbolBindings bindings;
    auto kernel = MakeKernel({*node.op, *node.attrs, in, out, bindings, target});
    if (!kernel.ok() || IsReferenceKernel(**kernel)) return false;
  }
  return true;
}

// Runs everywhere; the outputs, which are the same bits everywhere.
std::vector<Tensor> RunEverywhere(const Graph& graph, const std::vector<Tensor>& inputs) {
  std::vector<Tensor> first;
  for (const Target& target : TargetsToTest()) {
    SCOPED_TRACE(Describe(target));
    EXPECT_TRUE(HasKernels(graph, target));
    absl::StatusOr<std::vector<Tensor>> got = RunGuarded(graph, inputs, target);
    WEFT_EXPECT_OK(got.status());
    if (!got.ok()) return {};
    if (first.empty()) first = *got;
    for (size_t k = 0; k < first.size(); ++k) EXPECT_TRUE(BitEqual((*got)[k], first[k])) << "result " << k;
    if (testing::Test::HasFailure()) return first;
  }
  return first;
}

void ExpectNear(const Tensor& got, const Tensor& expected) {
  ASSERT_EQ(got.dims(), expected.dims());
  double scale = 1;
  for (int64_t i = 0; i < expected.num_elements(); ++i) scale = std::max(scale, std::abs(expected.AtDouble(i)));
  for (int64_t i = 0; i < got.num_elements(); ++i) {
    ASSERT_NEAR(got.AtDouble(i), expected.AtDouble(i), 1e-5 * scale) << "element " << i;
  }
}

// Rows [begin, end) of the first axis.
Tensor Rows(const Tensor& t, int64_t begin, int64_t end) {
  Dims dims = t.dims();
  const int64_t size = t.num_elements() / dims[0];
  dims[0] = end - begin;
  const auto all = t.data<float>();
  return *Tensor::FromVector<float>(all.subspan(begin * size, (end - begin) * size), dims);
}

void Check(const Problem& p, uint32_t seed) {
  for (Which which : kAllThree) {
    SCOPED_TRACE(absl::StrCat("op ", static_cast<int>(which), ": ", p.ToString()));
    const auto [a_dims, b_dims] = OperandDims(p, which);
    const Tensor a = RandomTensor(a_dims, seed), b = RandomTensor(b_dims, seed + 1);
    const GraphPtr graph = Plain(p, which, a, b);
    const std::vector<Tensor> got = RunEverywhere(*graph, {a, b});
    ASSERT_FALSE(testing::Test::HasFailure());
    WEFT_ASSERT_OK_AND_ASSIGN(const ReferenceResult expected, RunReference(*graph, {a, b}));
    ExpectNear(got[0], expected.outputs[0]);
    ASSERT_FALSE(testing::Test::HasFailure());
    if (which == Which::kKernelGradient || p.x[0] < 2) continue;
    // The last image alone.
    Problem alone = p;
    alone.x[0] = alone.y[0] = 1;
    const Tensor last = Rows(a, p.x[0] - 1, p.x[0]);
    const std::vector<Tensor> single = RunEverywhere(*Plain(alone, which, last, b), {last, b});
    ASSERT_FALSE(testing::Test::HasFailure());
    ASSERT_TRUE(BitEqual(single[0], Rows(got[0], p.x[0] - 1, p.x[0])));
  }
}

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  int64_t Of(std::initializer_list<int64_t> list) { return list.begin()[engine_() % list.size()]; }
  uint32_t Seed() { return static_cast<uint32_t>(engine_()); }

 private:
  std::mt19937 engine_;
};

std::vector<Problem> RandomProblems(int count, uint32_t seed) {
  Random random(seed);
  std::vector<Problem> problems;
  while (static_cast<int>(problems.size()) < count) {
    Conv2DOptions options;
    options.groups = random.Of({1, 1, 1, 2, 3});
    const bool depthwise = random.Of({0, 0, 0, 1}) == 1;
    Dims x = {random.Of({1, 2, 3, 5}), random.Of({1, 2, 3, 5, 8}), random.Of({1, 2, 4, 7, 11, 14, 27}), 0};
    Dims kernel = {random.Of({1, 2, 3}), random.Of({1, 2, 3, 5}), 0, 0};
    if (depthwise) {
      options.groups = x[3] = random.Of({1, 2, 3, 5, 16, 17, 33, 64, 65, 100});
      kernel[2] = 1;
      kernel[3] = x[3] * random.Of({1, 1, 1, 2});
    } else {
      kernel[2] = random.Of({1, 2, 3, 5, 16, 17});
      kernel[3] = random.Of({1, 2, 3, 5, 15, 16, 17, 32, 33, 48, 63, 64, 65, 70, 129}) * options.groups;
      if (options.groups > 1 && kernel[3] > 100) continue;
      x[3] = kernel[2] * options.groups;
    }
    for (int i = 0; i < 2; ++i) {
      options.strides[i] = random.Of({1, 1, 1, 2, 3});
      options.dilations[i] = random.Of({1, 1, 1, 2, 3});
      options.padding_low[i] = random.Of({0, 0, 1, 2});
      options.padding_high[i] = random.Of({0, 0, 1, 3});
    }
    const auto fits = [&](int i) {
      return x[1 + i] + options.padding_low[i] + options.padding_high[i] > (kernel[i] - 1) * options.dilations[i];
    };
    if (fits(0) && fits(1)) problems.emplace_back(x, kernel, options);
  }
  return problems;
}

TEST(ConvKernel, OddSizes) {
  uint32_t seed = 1;
  for (const Problem& problem : RandomProblems(80, 1)) {
    Check(problem, seed += 10);
    if (HasFailure()) return;
  }
}

TEST(ConvKernel, ShapesOfNetworks) {
  const Conv2DOptions same{.padding_low = {1, 1}, .padding_high = {1, 1}};
  const std::vector<Problem> problems = {
      {{3, 28, 28, 1}, {3, 3, 1, 32}},
      {{5, 13, 13, 32}, {3, 3, 32, 64}},
      {{2, 7, 7, 24}, {3, 3, 24, 160}, same},
      {{1, 16, 1, 3}, {3, 1, 3, 200}, {.padding_low = {1, 0}, .padding_high = {1, 0}}},
      {{1, 17, 19, 3}, {7, 7, 3, 64}, {.strides = {2, 2}, .padding_low = {2, 2}, .padding_high = {3, 3}}},
      {{300, 1, 1, 5}, {1, 1, 5, 20}},  // rows of a matrix product: chunks of 256
      {{9, 8, 8, 3}, {1, 1, 3, 10}},    // chunks of four images
      {{2, 6, 6, 64}, {3, 3, 1, 64}, {.padding_low = {1, 1}, .padding_high = {1, 1}, .groups = 64}},
  };
  for (const Problem& problem : problems) {
    Check(problem, 7);
    if (HasFailure()) return;
  }
}

// Images that are cut into strips: of the source between zeros, and of a kernel's gradient.
TEST(ConvKernel, StripsOfLargeImages) {
  const Conv2DOptions same{.padding_low = {1, 1}, .padding_high = {1, 1}};
  Check({{2, 60, 40, 40}, {3, 3, 40, 3}, same}, 1);
  Check({{1, 70, 61, 17}, {3, 2, 17, 2}, {.strides = {2, 1}, .padding_low = {2, 0}, .padding_high = {0, 1}}}, 2);
  Check({{1, 3, 3000, 2}, {2, 3, 2, 17}, same}, 3);
}

// Memory that ends, rounded up to 64 bytes, where no memory follows: reading on is a crash.
class LastBytes {
 public:
  explicit LastBytes(int64_t bytes) {
    const int64_t page = sysconf(_SC_PAGESIZE), room = (bytes + 63) / 64 * 64;
    pages_ = (room + page - 1) / page * page;
    block_ = mmap(nullptr, pages_ + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT_NE(block_, MAP_FAILED);
    EXPECT_EQ(mprotect(static_cast<std::byte*>(block_) + pages_, page, PROT_NONE), 0);
    size_ = pages_ + page;
    data_ = static_cast<std::byte*>(block_) + pages_ - room;
  }
  LastBytes(const LastBytes&) = delete;
  LastBytes& operator=(const LastBytes&) = delete;
  ~LastBytes() { munmap(block_, size_); }
  std::byte* data() const { return data_; }

 private:
  int64_t pages_ = 0, size_ = 0;
  void* block_ = nullptr;
  std::byte* data_ = nullptr;
};

TEST(ConvKernel, NothingIsReadPastTheOperandsOrTheScratch) {
  const Conv2DOptions same{.padding_low = {1, 1}, .padding_high = {1, 1}};
  std::vector<Problem> problems = RandomProblems(60, 3);
  for (int64_t columns : {1, 17, 40}) {  // one channel
    problems.push_back({{2, 6, 9, 1}, {3, 3, 1, columns}, same});
    problems.push_back({{1, 7, 8, 1}, {5, 5, 1, columns}});
    problems.push_back({{3, 1, 11, 1}, {1, 3, 1, columns}, {.strides = {1, 2}}});
  }
  for (const Problem& p : problems) {
    for (Which which : kAllThree) {
      SCOPED_TRACE(absl::StrCat("op ", static_cast<int>(which), ": ", p.ToString()));
      const auto [a_dims, b_dims] = OperandDims(p, which);
      const Tensor a = RandomTensor(a_dims, 1), b = RandomTensor(b_dims, 2);
      const GraphPtr graph = Plain(p, which, a, b);
      const Node& node = graph->producer(graph->outputs()[0].value);
      const std::vector<ConcreteType> in = {{a.dtype(), a.dims()}, {b.dtype(), b.dims()}};
      const std::vector<ConcreteType> out = {*Bind(graph->type(node.first_output), {})};
      const LastBytes left(a.num_bytes()), right(b.num_bytes()), result(4 * NumElements(out[0].dims));
      std::memcpy(left.data(), a.raw(), a.num_bytes());
      std::memcpy(right.data(), b.raw(), b.num_bytes());
      const void* inputs[] = {left.data(), right.data()};
      void* outputs[] = {result.data()};
      for (const Target& target : TargetsToTest()) {
        const SymbolBindings bindings;
        WEFT_ASSERT_OK_AND_ASSIGN(auto kernel, MakeKernel({*node.op, *node.attrs, in, out, bindings, target}));
        for (int share = 0; share < kernel->shares(); ++share) {
          const LastBytes scratch(kernel->scratch_bytes());
          kernel->Run({inputs, outputs, scratch.data()}, share);
        }
      }
    }
  }
}

// Taps in the padding are left out: an infinity of the kernel there is not multiplied by zero.
TEST(ConvKernel, APositionDoesNotMeetWhatItsTapsInThePaddingHold) {
  for (int64_t channels : {2, 40}) {  // position by position, and tap by tap
    Problem p({1, 3, 9, channels}, {3, 3, channels, channels}, {.padding_low = {1, 1}, .padding_high = {1, 1}});
    const Tensor image = RandomTensor(p.x, 1);
    Tensor kernel = RandomTensor(p.kernel, 2);
    kernel.mutable_data<float>()[0] = std::numeric_limits<float>::infinity();  // the tap in the upper left
    for (Which which : {Which::kForward, Which::kInputGradient}) {
      const std::vector<Tensor> got = RunEverywhere(*Plain(p, which, image, kernel), {image, kernel});
      ASSERT_FALSE(HasFailure());
      for (int64_t i = 0; i < 3; ++i) {
        for (int64_t j = 0; j < 9; ++j) {
          const bool inside = which == Which::kForward ? i > 0 && j > 0 : i < 2 && j < 8;
          const float y = got[0].data<float>()[(i * 9 + j) * channels];
          EXPECT_EQ(std::isfinite(y), !inside) << i << ", " << j;
        }
      }
    }
  }
}

// ---- epilogues

GraphPtr Body(const std::vector<DType>& dtypes, const std::function<std::vector<Value>(std::vector<Value>)>& record) {
  GraphBuilder builder(AllOps());
  std::vector<Value> inputs;
  for (DType dtype : dtypes) inputs.push_back(builder.Input(absl::StrCat("x", inputs.size()), {dtype, {}}));
  int k = 0;
  for (Value y : record(inputs)) builder.Output(absl::StrCat("y", k++), y);
  absl::StatusOr<GraphPtr> graph = builder.Build();
  WEFT_EXPECT_OK(graph.status());
  return *graph;
}

// The op with the body's work behind it, and the same in one node.
struct Pair {
  GraphPtr separate, fused;
};
Pair WithBody(const Problem& p, Which which, const std::vector<Tensor>& inputs,
              const std::function<std::vector<Value>(std::vector<Value>)>& record) {
  Pair pair;
  for (bool fuse : {false, true}) {
    GraphBuilder builder(AllOps());
    std::vector<Value> in;
    for (const Tensor& t : inputs) in.push_back(Input(builder, absl::StrCat("x", in.size()), t));
    Value plain = RecordOp(p, which, in[0], in[1]);
    std::vector<Value> results;
    if (fuse) {
      const Node& node = builder.producer(plain);
      const std::string op = node.op->epilogue_host;
      std::vector<DType> dtypes(inputs.size() - 1, DType::kFloat32);
      const GraphPtr body = Body(dtypes, record);
      results = builder.Record(op, in, node.attrs->With("body", body), SourceLocation::current(),
                               static_cast<int>(body->outputs().size()));
    } else {
      std::vector<Value> operands = {plain};
      operands.insert(operands.end(), in.begin() + 2, in.end());
      results = record(operands);
    }
    int k = 0;
    for (const Value& y : results) builder.Output(absl::StrCat("y", k++), y);
    absl::StatusOr<GraphPtr> graph = builder.Build();
    WEFT_EXPECT_OK(graph.status());
    (fuse ? pair.fused : pair.separate) = *graph;
  }
  return pair;
}

void CheckEpilogues(const Problem& p) {
  for (Which which : {Which::kForward, Which::kInputGradient}) {
    SCOPED_TRACE(absl::StrCat("op ", static_cast<int>(which), ": ", p.ToString()));
    const auto [a, b] = OperandDims(p, which);
    const Dims& result = which == Which::kForward ? p.y : p.x;
    // A bias, a residual of the full shape, one number, and one row of columns for each row of the images.
    const std::vector<Tensor> inputs = {RandomTensor(a, 1),           RandomTensor(b, 2),
                                        RandomTensor({result[3]}, 3), RandomTensor(result, 4),
                                        RandomTensor({1}, 5),         RandomTensor({result[1], 1, 1}, 6)};
    const auto record = [](std::vector<Value> v) {
      Value z = v[0] + v[1] * v[4];
      return std::vector<Value>{Relu(z), Greater(z, 0.0), Tanh(z + v[2]) * v[3]};
    };
    const Pair pair = WithBody(p, which, inputs, record);
    const std::vector<Tensor> separate = RunEverywhere(*pair.separate, inputs);
    ASSERT_FALSE(testing::Test::HasFailure());
    const std::vector<Tensor> fused = RunEverywhere(*pair.fused, inputs);
    ASSERT_FALSE(testing::Test::HasFailure());
    ASSERT_EQ(fused.size(), 3);
    for (size_t k = 0; k < fused.size(); ++k) ASSERT_TRUE(BitEqual(fused[k], separate[k])) << "result " << k;
    WEFT_ASSERT_OK_AND_ASSIGN(const ReferenceResult reference, RunReference(*pair.fused, inputs));
    ExpectNear(fused[0], reference.outputs[0]);
    ExpectNear(fused[2], reference.outputs[2]);
  }
}

TEST(ConvKernel, EpiloguesEqualTheSeparateOps) {
  for (const Problem& problem : RandomProblems(40, 2)) {
    CheckEpilogues(problem);
    if (HasFailure()) return;
  }
}

TEST(ConvKernel, AResultMayTakeTheResidualsPlace) {
  const Problem p({2, 5, 6, 3}, {2, 2, 3, 16});
  const std::vector<Tensor> inputs = {RandomTensor(p.x, 1), RandomTensor(p.kernel, 2), RandomTensor({16}, 3),
                                      RandomTensor(p.y, 4)};
  const Pair pair =
      WithBody(p, Which::kForward, inputs, [](std::vector<Value> v) { return std::vector<Value>{v[0] + v[1] + v[2]}; });
  const Graph& graph = *pair.fused;
  const Node& node = graph.producer(graph.outputs()[0].value);
  std::vector<ConcreteType> in, out;
  for (ValueId v : node.inputs) in.push_back(*Bind(graph.type(v), {}));
  out.push_back(*Bind(graph.type(node.first_output), {}));
  const SymbolBindings bindings;
  WEFT_ASSERT_OK_AND_ASSIGN(auto kernel,
                            MakeKernel({*node.op, *node.attrs, in, out, bindings, TargetsToTest().back()}));
  EXPECT_TRUE(kernel->MayAlias(0, 3));
  EXPECT_FALSE(kernel->MayAlias(0, 2));  // the bias
  EXPECT_FALSE(kernel->MayAlias(0, 0));  // read long after the first results are there
}

TEST(ConvKernel, Float64RunsOnTheReference) {
  GraphBuilder builder(AllOps());
  const auto input = [&](const char* name, Shape shape) { return builder.Input(name, {DType::kFloat64, shape}); };
  builder.Output("y", Conv2D(input("x", {1, 3, 3, 1}), input("k", {2, 2, 1, 1})));
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr graph, builder.Build());
  EXPECT_FALSE(HasKernels(*graph, TargetsToTest()[0]));
}

}  // namespace
}  // namespace weft
