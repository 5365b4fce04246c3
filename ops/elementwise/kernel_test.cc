// Every op's kernel against its reference: at sizes around vectors and tiles, on every instruction set that the host
// has, with special values; the levels against each other bit for bit.
#include <gtest/gtest.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "core/cpu.h"
#include "core/testing/status_matchers.h"
#include "graph/exec/reference.h"
#include "ops/elementwise/elementwise.h"
#include "ops/elementwise/testing/harness.h"

namespace weft {
namespace {

constexpr int64_t kSizes[] = {1, 15, 16, 17, 63, 64, 65, 1000, 4097};

struct OpRow {
  const char* op;
  std::vector<DType> dtypes;  // of the numeric operands
  int arity;
  double ulps;
};

std::vector<DType> DTypesOf(const char* name) {
  const std::string dtypes = name;
  if (dtypes == "Float") return {DType::kFloat32};
  if (dtypes == "Bool") return {DType::kBool};
  if (dtypes == "Numeric") return {DType::kFloat32, DType::kInt32, DType::kInt64, DType::kUInt8};
  return {DType::kFloat32, DType::kInt32, DType::kInt64, DType::kUInt8, DType::kBool};
}

std::vector<OpRow> Rows() {
  return {
#define WEFT_UNARY(Function, op, Class, Diff, ulp, cycles, formula) {#op, DTypesOf(#Class), 1, ulp},
#define WEFT_BINARY(Function, op, Class, Diff, commutative, ulp, cycles, formula) {#op, DTypesOf(#Class), 2, ulp},
#define WEFT_COMPARE(Function, op, commutative, cycles, formula) {#op, DTypesOf("Any"), 2, 0},
#define WEFT_PREDICATE(Function, op, cycles, formula) {#op, DTypesOf("Float"), 1, 0},
#include "ops/elementwise/elementwise_ops.inc"
  };
}

// Runs one node on all levels, and compares.
void Check(const Graph& graph, const std::vector<Tensor>& inputs, double ulps, int shares) {
  std::vector<Tensor> flushed;
  for (const Tensor& t : inputs) flushed.push_back(FlushDenormals(t));
  WEFT_ASSERT_OK_AND_ASSIGN(ReferenceResult want, RunReference(graph, flushed));
  std::vector<Tensor> first;
  for (Isa isa : HostIsas()) {
    SCOPED_TRACE(Name(isa));
    KernelRunOptions options;
    options.target.isa = isa;
    options.target.threads = shares;
    options.target.force_shares = shares > 1;
    WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> got, RunLastNode(graph, inputs, options));
    if (first.empty()) {
      first = got;
      ASSERT_EQ(Difference(got[0], want.outputs[0], ulps), "");
    }
    ASSERT_EQ(Difference(got[0], first[0], 0), "") << "against " << Name(HostIsas()[0]);
  }
}

// Uniform over the range where most functions are interesting, over all bit patterns, or with special values.
Tensor Draw(DType dtype, int64_t n, int round, PhiloxStream& random) {
  if (dtype != DType::kFloat32 || round == 2) return RandomBits(dtype, {n}, random);
  return RandomF32({n}, -4, 4, random, round == 1 ? 2 : 0);
}

TEST(KernelTest, AgreesWithTheReferenceAtEverySize) {
  PhiloxStream random(1);
  for (const OpRow& row : Rows()) {
    for (DType dtype : row.dtypes) {
      for (int64_t n : kSizes) {
        for (int round = 0; round < 3; ++round) {
          SCOPED_TRACE(absl::StrCat(row.op, " of ", Name(dtype), ", n = ", n, ", round ", round));
          std::vector<Tensor> inputs;
          for (int i = 0; i < row.arity; ++i) inputs.push_back(Draw(dtype, n, round, random));
          if (inputs.back().dtype() == DType::kFloat32 && std::string(row.op) == "mod") {
            // Of a divisor near the smallest normal number the remainder may be flushed before the divisor is added.
            for (float& v : inputs.back().mutable_data<float>()) v = std::fabs(v) < 1e-30f ? 0.3f : v;
          }
          const TensorType type{dtype, {Dim(n)}};
          WEFT_ASSERT_OK_AND_ASSIGN(
              GraphPtr graph,
              BuildGraph(std::vector<TensorType>(row.arity, type), [&](GraphBuilder& b, absl::Span<const Value> in) {
                return b.Record(row.op, in, {}, SourceLocation::current());
              }));
          // The reference is rounded, too.
          Check(*graph, inputs, row.ulps == 0 ? 0 : row.ulps + 0.5, 1 + 2 * round);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

TEST(KernelTest, Select) {
  PhiloxStream random(2);
  for (DType dtype : {DType::kFloat32, DType::kInt32, DType::kInt64, DType::kUInt8, DType::kBool}) {
    for (int64_t n : kSizes) {
      SCOPED_TRACE(absl::StrCat(Name(dtype), ", n = ", n));
      const TensorType type{dtype, {Dim(n)}};
      WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, BuildGraph({{DType::kBool, {Dim(n)}}, type, type},
                                                           [&](GraphBuilder&, absl::Span<const Value> in) {
                                                             return std::vector<Value>{Select(in[0], in[1], in[2])};
                                                           }));
      Check(*graph, {RandomBits(DType::kBool, {n}, random), Draw(dtype, n, 1, random), Draw(dtype, n, 2, random)}, 0,
            3);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(KernelTest, Cast) {
  constexpr DType kKernelDTypes[] = {DType::kFloat32, DType::kInt32, DType::kInt64, DType::kUInt8, DType::kBool};
  PhiloxStream random(3);
  for (DType from : kKernelDTypes) {
    for (DType to : kKernelDTypes) {
      for (int64_t n : kSizes) {
        for (int round = 0; round < 3; ++round) {
          SCOPED_TRACE(absl::StrCat(Name(from), " to ", Name(to), ", n = ", n, ", round ", round));
          WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph,
                                    BuildGraph({{from, {Dim(n)}}}, [&](GraphBuilder&, absl::Span<const Value> in) {
                                      return std::vector<Value>{Cast(in[0], to)};
                                    }));
          Check(*graph, {Draw(from, n, round, random)}, 0, 3);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

TEST(KernelTest, Clip) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  PhiloxStream random(4);
  for (DType dtype : {DType::kFloat32, DType::kInt32, DType::kInt64, DType::kUInt8}) {
    for (auto [low, high] :
         std::vector<std::pair<double, double>>{{-1, 2}, {0, kInf}, {-kInf, 3}, {2, 2}, {-1e30, 1e30}}) {
      for (int64_t n : kSizes) {
        SCOPED_TRACE(absl::StrCat(Name(dtype), " to [", low, ", ", high, "], n = ", n));
        WEFT_ASSERT_OK_AND_ASSIGN(
            GraphPtr graph,
            BuildGraph({{dtype, {Dim(n)}}}, [&, low = low, high = high](GraphBuilder&, absl::Span<const Value> in) {
              return std::vector<Value>{Clip(in[0], low, high)};
            }));
        Check(*graph, {Draw(dtype, n, 1, random)}, 0, 3);
        if (HasFatalFailure()) return;
      }
    }
  }
}

// What the reference alone would not tell: the edges, spelled out.
TEST(KernelTest, IntegersNeverTrapAndWrap) {
  const std::vector<int32_t> a = {INT32_MIN, 7, -7, 7, -7, INT32_MIN, 5, INT32_MAX};
  const std::vector<int32_t> b = {-1, 0, 2, -2, -2, INT32_MIN, 3, -1};
  auto run = [&](const char* op) {
    auto graph = BuildGraph({{DType::kInt32, {8}}, {DType::kInt32, {8}}},
                            [&](GraphBuilder& builder, absl::Span<const Value> in) {
                              return builder.Record(op, in, {}, SourceLocation::current());
                            });
    auto result =
        RunLastNode(**graph, {*Tensor::FromVector<int32_t>(a, {8}), *Tensor::FromVector<int32_t>(b, {8})}, {});
    auto values = (*result)[0].data<int32_t>();
    return std::vector<int32_t>(values.begin(), values.end());
  };
  EXPECT_EQ(run("div"), (std::vector<int32_t>{INT32_MIN, 0, -3, -3, 3, 1, 1, -INT32_MAX}));
  EXPECT_EQ(run("mod"), (std::vector<int32_t>{0, 0, 1, -1, -1, 0, 2, 0}));
  EXPECT_EQ(run("add")[0], INT32_MAX);
  EXPECT_EQ(run("mul")[0], INT32_MIN);
}

TEST(KernelTest, FloatsAtTheEdges) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  auto run = [&](const char* op, std::vector<Tensor> in) {
    std::vector<TensorType> types;
    for (const Tensor& t : in) types.push_back({t.dtype(), Shape::FromDims(t.dims())});
    auto graph = BuildGraph(types, [&](GraphBuilder& builder, absl::Span<const Value> x) {
      return builder.Record(op, x, {}, SourceLocation::current());
    });
    return (*RunLastNode(**graph, in, {}))[0];
  };
  EXPECT_EQ(
      Difference(run("maximum", {F32({nan, 1, -0.0f, 0.0f}), F32({1, nan, 0.0f, -0.0f})}), F32({nan, nan, 0, 0}), 0),
      "");
  EXPECT_EQ(Difference(run("minimum", {F32({nan, 1, -0.0f, 0.0f}), F32({1, nan, 0.0f, -0.0f})}),
                       F32({nan, nan, -0.0f, -0.0f}), 0),
            "");
  EXPECT_EQ(Difference(run("relu", {F32({nan, -1, -0.0f, inf})}), F32({nan, 0, 0, inf}), 0), "");
  EXPECT_EQ(Difference(run("sign", {F32({nan, -3, -0.0f, inf})}), F32({nan, -1, -0.0f, 1}), 0), "");
  EXPECT_EQ(Difference(run("round", {F32({0.5f, 1.5f, 2.5f, -0.5f, -1.5f})}), F32({0, 2, 2, -0.0f, -2}), 0), "");
  EXPECT_EQ(Difference(run("mod", {F32({-1, 5, -5, -1}), F32({3, -3, -3, inf})}), F32({2, -1, -2, inf}), 0), "");
}

TEST(KernelTest, NoKernelForFloat64TheReferenceRuns) {
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph,
                            BuildGraph({{DType::kFloat64, {3}}}, [](GraphBuilder&, absl::Span<const Value> in) {
                              return std::vector<Value>{Exp(in[0])};
                            }));
  EXPECT_FALSE(RunLastNode(*graph, {*Tensor::Create(DType::kFloat64, {3})}, {}).ok());
}

}  // namespace
}  // namespace weft
