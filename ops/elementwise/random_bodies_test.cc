// Random bodies of elementwise programs: the program, whose ops are fused into passes and whose results may lie in the
// place of operands, against the same ops one by one, and against the reference; on every instruction set of the host.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "core/buffer.h"
#include "core/simd/denormals.h"
#include "core/testing/status_matchers.h"
#include "ops/elementwise/body.h"
#include "ops/elementwise/elementwise.h"
#include "ops/elementwise/testing/harness.h"
#include "ops/elementwise/tile_program.h"

namespace weft {
namespace {

constexpr DType F = DType::kFloat32, I = DType::kInt32, B = DType::kBool, U = DType::kUInt8, L = DType::kInt64;

// WEFT_RANDOM_BODIES sets the number of bodies.
uint64_t NumBodies() {
  const char* text = std::getenv("WEFT_RANDOM_BODIES");
  return text == nullptr ? 200 : static_cast<uint64_t>(std::atoll(text));
}

struct RandomBody {
  GraphPtr graph;
  std::vector<DType> inputs;
  bool exact = true;  // only ops that the reference rounds as the kernels do
};

// Records one random body. Operands are often recent values, so that chains grow, and often the same value twice.
class Recorder {
 public:
  explicit Recorder(PhiloxStream& random) : random_(random) {}

  RandomBody Run() {
    RandomBody body;
    const uint64_t num_inputs = Chance(20) ? 10 + Below(20) : 1 + Below(6);
    for (uint64_t i = 0; i < num_inputs; ++i) {
      body.inputs.push_back(i == 0 || !Chance(4) ? F : std::vector<DType>{I, B, U, L}[Below(4)]);
    }
    approximate_ = Chance(4);
    body.exact = !approximate_;
    std::vector<TensorType> types;
    for (DType dtype : body.inputs) types.push_back({dtype, {}});
    absl::StatusOr<GraphPtr> graph = BuildGraph(types, [&](GraphBuilder& b, absl::Span<const Value> in) {
      b_ = &b;
      for (const Value& v : in) Of(v.dtype()).push_back(v);
      const uint64_t size = 1 + Below(Chance(10) ? 80 : 20);
      for (uint64_t i = 0; i < size; ++i) Keep(Op());
      return Outputs(in);
    });
    EXPECT_THAT(graph, IsOk());
    if (graph.ok()) body.graph = *std::move(graph);
    return body;
  }

 private:
  uint64_t Below(uint64_t n) { return random_.Below(n); }
  bool Chance(uint64_t one_in) { return Below(one_in) == 0; }
  std::vector<Value>& Of(DType dtype) { return values_[static_cast<size_t>(dtype)]; }
  void Keep(Value v) { Of(v.dtype()).push_back(v); }

  Value Pick(DType dtype) {
    std::vector<Value>& from = Of(dtype);
    if (from.empty() || Chance(12)) {
      static constexpr double kNumbers[] = {0, -0.0, 1, -1, 0.5, 3, 1e30, 1e-30, 255, -7};
      const double number = kNumbers[Below(std::size(kNumbers))];
      return b_->Constant(IsFloat(dtype) ? Tensor::Scalar(dtype, number)
                                         : Tensor::ScalarInt(dtype, static_cast<int64_t>(number == 1 || number == 3)));
    }
    return Chance(2) ? from.back() : from[Below(from.size())];
  }

  // The order in which a compiler evaluates arguments is its own: each operand is picked in a statement.
  Value Op() {
    Value a = Pick(F), b = Pick(F);
    switch (Below(24)) {
      case 0:
      case 1:
        return a + b;
      case 2:
      case 3:
        return a - b;
      case 4:
      case 5:
        return a * b;
      case 6:
        return Square(a);
      case 7:
        return Relu(a);
      case 8:
        return a + a;
      case 9:
        return a / b;
      case 10:
        return Chance(2) ? Maximum(a, b) : Minimum(a, b);
      case 11:
        return Chance(2) ? Abs(a) : -a;
      case 12:
        return Chance(2) ? Sqrt(a) : Floor(a);
      case 13:
        return Clip(a, -1.5, 2);
      case 14:
        return Compare(a, b);
      case 15:
      case 16: {
        Value condition = Pick(B);
        return Select(condition, a, b);
      }
      case 17:  // as the gradients of relu and of maximum are
        Keep(Compare(a, b));
        return Select(Of(B).back(), Pick(F), a);
      case 18:
        return Logic();
      case 19:
        return Integers();
      case 20:
        return Cast(a, std::vector<DType>{I, B, U, L}[Below(4)]);
      case 21:
        return Cast(Pick(std::vector<DType>{I, B, U}[Below(3)]), F);
      case 22:
        return Chance(2) ? IsNan(a) : IsFinite(a);
      default:
        return approximate_ ? Approximate(a, b) : a * b;
    }
  }

  Value Compare(Value a, Value b) {
    switch (Below(6)) {
      case 0:
        return Equal(a, b);
      case 1:
        return NotEqual(a, b);
      case 2:
        return Less(a, b);
      case 3:
        return LessEqual(a, b);
      case 4:
        return Greater(a, b);
      default:
        return GreaterEqual(a, b);
    }
  }

  Value Logic() {
    Value a = Pick(B), b = Pick(B);
    return Chance(3) ? LogicalNot(a) : Chance(2) ? LogicalAnd(a, b) : LogicalOr(a, b);
  }

  Value Integers() {
    const DType dtype = std::vector<DType>{I, U, L}[Below(3)];
    Value a = Pick(dtype), b = Pick(dtype), condition = Pick(B);
    return Chance(3) ? Select(condition, a, b) : Chance(2) ? a + b : Chance(2) ? a * b : Compare(a, b);
  }

  Value Approximate(Value a, Value b) {
    return Chance(4) ? Exp(a) : Chance(3) ? Tanh(a) : Chance(2) ? Sigmoid(a) : Pow(a, b);
  }

  std::vector<Value> Outputs(absl::Span<const Value> in) {
    std::vector<Value> outputs;
    const uint64_t count = 1 + Below(4);
    for (uint64_t k = 0; k < count; ++k) outputs.push_back(Pick(F));
    for (DType dtype : {B, I, U, L}) {
      if (Chance(4)) outputs.push_back(Pick(dtype));
    }
    if (Chance(5)) outputs.push_back(in[Below(in.size())]);
    if (Chance(5)) outputs.push_back(outputs[Below(outputs.size())]);
    for (size_t k = outputs.size() - 1; k > 0; --k) std::swap(outputs[k], outputs[Below(k + 1)]);
    return outputs;
  }

  PhiloxStream& random_;
  GraphBuilder* b_ = nullptr;
  bool approximate_ = false;
  std::array<std::vector<Value>, 8> values_;
};

// Operands of n elements, or of one.
std::vector<Tensor> RandomInputs(const RandomBody& body, int64_t n, PhiloxStream& random) {
  std::vector<Tensor> inputs;
  for (DType dtype : body.inputs) {
    const int64_t size = inputs.empty() || random.Below(4) != 0 ? n : 1;
    inputs.push_back(dtype == F ? RandomF32({size}, -3, 3, random, 8) : RandomBits(dtype, {size}, random));
  }
  return inputs;
}

// To n elements, from one.
Tensor Widened(const Tensor& value, int64_t n) {
  Tensor full = *Tensor::Create(value.dtype(), {n});
  const int64_t size = SizeOf(value.dtype());
  for (int64_t i = 0; i < n; ++i) {
    std::memcpy(static_cast<char*>(full.mutable_raw()) + i * size,
                static_cast<const char*>(value.raw()) + (value.num_elements() == 1 ? 0 : i * size),
                static_cast<size_t>(size));
  }
  return full;
}

// The ops one by one, each on its kernel and in memory of its own.
std::vector<Tensor> OpByOp(const Graph& body, const std::vector<Tensor>& inputs, int64_t n, Isa isa) {
  std::vector<Tensor> values(body.num_values());
  for (size_t i = 0; i < inputs.size(); ++i) values[body.inputs()[i]] = inputs[i];
  for (const Node& node : body.nodes()) {
    if (IsInput(node)) continue;
    if (const Tensor* constant = ConstantOf(node)) {
      values[node.first_output] = *constant;
      continue;
    }
    std::vector<Tensor> operands;
    for (ValueId id : node.inputs) operands.push_back(values[id]);
    KernelRunOptions options;
    options.target.isa = isa;
    absl::StatusOr<std::vector<Tensor>> result = RunKernel(*node.op, *node.attrs, operands, options);
    EXPECT_THAT(result, IsOk()) << node.op->name;
    if (!result.ok()) return {};
    values[node.first_output] = (*result)[0];
  }
  std::vector<Tensor> outputs;
  for (const Graph::Output& output : body.outputs()) outputs.push_back(Widened(values[output.value], n));
  return outputs;
}

// As a run sees denormals.
std::vector<Tensor> ByReference(const Graph& body, const std::vector<Tensor>& inputs, int64_t n) {
  simd::ScopedFlushToZero flush;
  std::vector<RefTensor> refs, results(body.outputs().size());
  for (const Tensor& t : inputs) refs.push_back(ToRef(FlushDenormals(t)));
  for (size_t k = 0; k < results.size(); ++k) results[k].dtype = body.type(body.outputs()[k].value).dtype;
  WEFT_EXPECT_OK(RunBodyReference(body, refs, {n}, absl::MakeSpan(results)));
  std::vector<Tensor> outputs;
  for (const RefTensor& ref : results) outputs.push_back(*FromRef(ref));
  return outputs;
}

std::string Difference(const std::vector<Tensor>& got, const std::vector<Tensor>& want) {
  if (got.size() != want.size()) return "another number of results";
  for (size_t k = 0; k < got.size(); ++k) {
    std::string difference = Difference(got[k], want[k], 0);
    if (!difference.empty()) return absl::StrCat("result ", k, ", ", difference);
  }
  return "";
}

// Pairs (output, input) such that the output fits the input's bytes; each input is taken once.
std::vector<std::pair<int, int>> RandomAliases(const Graph& body, const std::vector<Tensor>& inputs, int64_t n,
                                               PhiloxStream& random) {
  std::vector<std::pair<int, int>> aliases;
  std::vector<bool> taken(inputs.size(), false);
  for (size_t k = 0; k < body.outputs().size(); ++k) {
    const size_t i = random.Below(inputs.size());
    const DType dtype = body.type(body.outputs()[k].value).dtype;
    if (taken[i] || inputs[i].num_elements() != n || SizeOf(inputs[i].dtype()) != SizeOf(dtype)) continue;
    if (random.Below(4) == 0) continue;
    taken[i] = true;
    aliases.emplace_back(k, i);
  }
  return aliases;
}

// The tile program by itself. Memory that it may write is exactly as large as it may be, so that the address sanitizer
// sees what goes past; memory that it may not read yet holds NaN.
std::vector<Tensor> RunTiles(const Graph& body, const std::vector<Tensor>& inputs, int64_t n, Isa isa,
                             const std::vector<std::pair<int, int>>& aliases) {
  absl::StatusOr<TileProgram> program = TileProgram::Create(body, isa);
  EXPECT_THAT(program, IsOk());
  if (!program.ok()) return {};
  const int64_t tile = n + 64;
  std::shared_ptr<Buffer> scratch = *Buffer::Allocate(program->ScratchBytes(tile));
  std::memset(scratch->data(), 0xFF, static_cast<size_t>(program->ScratchBytes(tile)));
  TileRunner runner(*program, tile, scratch->data());
  std::vector<Tensor> copies, results;
  std::vector<const void*> in;
  for (size_t i = 0; i < inputs.size(); ++i) {
    copies.push_back(inputs[i].Clone());
    const bool scalar = inputs[i].num_elements() == 1;
    if (scalar) runner.SetScalar(static_cast<int>(i), copies[i].raw());
    in.push_back(scalar ? nullptr : copies[i].raw());
  }
  for (const Graph::Output& output : body.outputs()) {
    results.push_back(*Tensor::Create(body.type(output.value).dtype, {n}));
  }
  std::vector<void*> out;
  for (Tensor& result : results) out.push_back(result.mutable_raw());
  for (auto [k, i] : aliases) out[k] = copies[i].mutable_raw();
  {
    simd::ScopedFlushToZero flush;
    runner.Run(in.data(), out.data(), n);
  }
  std::vector<bool> overwritten(inputs.size(), false);
  for (auto [k, i] : aliases) {
    overwritten[i] = true;
    std::memcpy(results[k].mutable_raw(), out[k], results[k].num_bytes());
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_TRUE(overwritten[i] || BitEqual(copies[i], inputs[i])) << "operand " << i << " has changed";
  }
  return results;
}

TEST(RandomBodiesTest, TheProgramIsOpByOpWhateverIsInPlace) {
  for (uint64_t seed = 0; seed < NumBodies(); ++seed) {
    PhiloxStream random(seed, 77);
    const RandomBody body = Recorder(random).Run();
    ASSERT_NE(body.graph, nullptr);
    const int64_t n = 64 * (1 + static_cast<int64_t>(random.Below(3)));
    const std::vector<Tensor> inputs = RandomInputs(body, n, random);
    const auto aliases = RandomAliases(*body.graph, inputs, n, random);
    for (Isa isa : HostIsas()) {
      SCOPED_TRACE(absl::StrCat("seed ", seed, ", ", Name(isa), ", ", n, " elements"));
      const std::vector<Tensor> want = OpByOp(*body.graph, inputs, n, isa);
      ASSERT_EQ(Difference(RunTiles(*body.graph, inputs, n, isa, {}), want), "");
      ASSERT_EQ(Difference(RunTiles(*body.graph, inputs, n, isa, aliases), want), "") << "in place";
      if (!body.exact) continue;
      ASSERT_EQ(Difference(want, ByReference(*body.graph, inputs, n)), "") << "reference";
    }
    if (HasFailure()) return;
  }
}

// The same as the op elementwise_program: any number of elements, cut into shares, between guard zones.
TEST(RandomBodiesTest, TheOpIsTheReferenceAtAnySize) {
  constexpr int64_t kSizes[] = {1, 2, 15, 63, 64, 65, 127, 128, 129, 200, 255, 256, 257, 600, 2049};
  const OpDef& op = *TestOps().Find("elementwise_program");
  for (uint64_t seed = 0; seed < NumBodies(); ++seed) {
    PhiloxStream random(seed, 78);
    const RandomBody body = Recorder(random).Run();
    ASSERT_NE(body.graph, nullptr);
    const int64_t n = kSizes[random.Below(std::size(kSizes))];
    const std::vector<Tensor> inputs = RandomInputs(body, n, random);
    KernelRunOptions options;
    options.alias = RandomAliases(*body.graph, inputs, n, random);
    options.target.threads = 1 + static_cast<int>(random.Below(3));
    options.target.force_shares = options.target.threads > 1;
    std::vector<Tensor> want;
    if (body.exact) want = ByReference(*body.graph, inputs, n);
    for (Isa isa : HostIsas()) {
      SCOPED_TRACE(
          absl::StrCat("seed ", seed, ", ", Name(isa), ", ", n, " elements, ", options.target.threads, " shares"));
      options.target.isa = isa;
      WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> got,
                                RunKernel(op, AttrMap{{"body", body.graph}}, inputs, options));
      if (want.empty()) want = got;  // approximations: at least the same on each instruction set
      ASSERT_EQ(Difference(got, want), "");
    }
  }
}

}  // namespace
}  // namespace weft
