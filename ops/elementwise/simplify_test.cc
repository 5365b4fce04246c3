// Every peephole rule: applied by hand to an expression that it is for, and to one that it must leave alone; what it
// gives is compared with what stood there on special values, bit for bit where the rule says so.
#include "ops/elementwise/simplify.h"

#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "core/cpu.h"
#include "core/testing/status_matchers.h"
#include "graph/passes/rewrite.h"
#include "ops/elementwise/body.h"
#include "ops/elementwise/elementwise.h"
#include "ops/elementwise/testing/harness.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

using Expression = std::function<Value(GraphBuilder& builder, absl::Span<const Value> in)>;

constexpr DType F = DType::kFloat32, I = DType::kInt32, U = DType::kUInt8, B = DType::kBool;

// The rule on the node that produces v; Value() if it does not apply.
Value Apply(GraphBuilder& b, Value v, const std::string& rule) {
  const Node node = b.producer(v);
  std::vector<Value> inputs;
  for (ValueId id : node.inputs) inputs.push_back(b.value(id));
  const TensorType type = v.type();
  RewriteContext context(b, *node.op, node.attrs, inputs, type);
  for (const RewriteRule& candidate : node.op->simplify) {
    if (candidate.name == rule) return candidate.apply(context);
  }
  ADD_FAILURE() << "op " << node.op->name << " has no rule " << rule;
  return Value();
}

// Runs a graph node by node on the kernels, constants and views on the reference of their op.
std::vector<Tensor> RunAll(const Graph& graph, absl::Span<const Tensor> inputs) {
  std::vector<Tensor> values(graph.num_values());
  for (size_t i = 0; i < inputs.size(); ++i) values[graph.inputs()[i]] = inputs[i];
  for (const Node& node : graph.nodes()) {
    if (IsInput(node)) continue;
    if (const Tensor* constant = ConstantOf(node)) {
      values[node.first_output] = *constant;
      continue;
    }
    std::vector<Tensor> operands;
    for (ValueId id : node.inputs) operands.push_back(values[id]);
    KernelRunOptions options;
    options.target.isa = HostIsas().back();
    auto result = RunKernel(*node.op, *node.attrs, operands, options);
    EXPECT_THAT(result, IsOk()) << node.op->name;
    values[node.first_output] = result.ok() ? (*result)[0] : Tensor();
  }
  std::vector<Tensor> outputs;
  for (const Graph::Output& output : graph.outputs()) outputs.push_back(values[output.value]);
  return outputs;
}

struct RuleCase {
  std::string rule;
  std::vector<DType> inputs;
  Expression before;
};

const std::vector<RuleCase>& Applicable() {
  using In = absl::Span<const Value>;
  static const auto* const cases = new std::vector<RuleCase>{
      {"add_zero", {F}, [](GraphBuilder&, In x) { return x[0] + -0.0; }},
      {"add_zero", {F}, [](GraphBuilder&, In x) { return -0.0 + x[0]; }},
      {"add_zero", {I}, [](GraphBuilder&, In x) { return x[0] + 0; }},
      {"add_neg", {F, F}, [](GraphBuilder&, In x) { return x[0] + -x[1]; }},
      {"add_neg", {F, F}, [](GraphBuilder&, In x) { return -x[0] + x[1]; }},
      {"add_neg", {I, I}, [](GraphBuilder&, In x) { return x[0] + -x[1]; }},
      {"sub_zero", {F}, [](GraphBuilder&, In x) { return x[0] - 0.0; }},
      {"sub_zero", {U}, [](GraphBuilder&, In x) { return x[0] - 0; }},
      {"sub_neg", {F, F}, [](GraphBuilder&, In x) { return x[0] - -x[1]; }},
      {"mul_one", {F}, [](GraphBuilder&, In x) { return x[0] * 1.0; }},
      {"mul_one", {I}, [](GraphBuilder&, In x) { return 1 * x[0]; }},
      {"mul_minus_one", {F}, [](GraphBuilder&, In x) { return x[0] * -1.0; }},
      {"mul_minus_one", {I}, [](GraphBuilder&, In x) { return -1 * x[0]; }},
      {"mul_neg_neg", {F, F}, [](GraphBuilder&, In x) { return -x[0] * -x[1]; }},
      {"div_one", {F}, [](GraphBuilder&, In x) { return x[0] / 1.0; }},
      {"div_one", {I}, [](GraphBuilder&, In x) { return x[0] / 1; }},
      {"div_power_of_two", {F}, [](GraphBuilder&, In x) { return x[0] / 0.25; }},
      {"div_power_of_two", {F}, [](GraphBuilder&, In x) { return x[0] / -8.0; }},
      {"div_power_of_two", {F}, [](GraphBuilder&, In x) { return x[0] / 0x1p126; }},
      {"div_constant", {F}, [](GraphBuilder&, In x) { return x[0] / 255.0; }},
      {"pow_one", {F}, [](GraphBuilder&, In x) { return Pow(x[0], 1.0); }},
      {"pow_two", {F}, [](GraphBuilder&, In x) { return Pow(x[0], 2.0); }},
      {"neg_neg", {F}, [](GraphBuilder&, In x) { return -(-x[0]); }},
      {"not_not", {B}, [](GraphBuilder&, In x) { return LogicalNot(LogicalNot(x[0])); }},
      {"not_equal", {F, F}, [](GraphBuilder&, In x) { return LogicalNot(Equal(x[0], x[1])); }},
      {"not_equal", {F, F}, [](GraphBuilder&, In x) { return LogicalNot(NotEqual(x[0], x[1])); }},
      {"abs_abs", {F}, [](GraphBuilder&, In x) { return Abs(Abs(x[0])); }},
      {"abs_neg", {F}, [](GraphBuilder&, In x) { return Abs(-x[0]); }},
      {"abs_neg", {I}, [](GraphBuilder&, In x) { return Abs(-x[0]); }},
      {"square_neg", {F}, [](GraphBuilder&, In x) { return Square(-x[0]); }},
      {"square_neg", {U}, [](GraphBuilder&, In x) { return Square(-x[0]); }},
      {"cos_neg", {F}, [](GraphBuilder&, In x) { return Cos(-x[0]); }},
      {"relu_relu", {F}, [](GraphBuilder&, In x) { return Relu(Relu(x[0])); }},
      {"floor_floor", {F}, [](GraphBuilder&, In x) { return Floor(Floor(x[0])); }},
      {"ceil_ceil", {F}, [](GraphBuilder&, In x) { return Ceil(Ceil(x[0])); }},
      {"round_round", {F}, [](GraphBuilder&, In x) { return Round(Round(x[0])); }},
      {"minimum_same", {F}, [](GraphBuilder&, In x) { return Minimum(x[0], x[0]); }},
      {"maximum_same", {F}, [](GraphBuilder&, In x) { return Maximum(x[0], x[0]); }},
      {"and_same", {B}, [](GraphBuilder&, In x) { return LogicalAnd(x[0], x[0]); }},
      {"and_true", {B}, [](GraphBuilder&, In x) { return LogicalAnd(x[0], 1); }},
      {"or_same", {B}, [](GraphBuilder&, In x) { return LogicalOr(x[0], x[0]); }},
      {"or_false", {B}, [](GraphBuilder&, In x) { return LogicalOr(0, x[0]); }},
      {"select_same", {B, F}, [](GraphBuilder&, In x) { return Select(x[0], x[1], x[1]); }},
      {"select_constant",
       {F, F},
       [](GraphBuilder& b, In x) { return Select(b.Constant(Tensor::ScalarInt(B, 1)), x[0], x[1]); }},
      {"select_constant",
       {F, F},
       [](GraphBuilder& b, In x) { return Select(b.Constant(Tensor::ScalarInt(B, 0)), x[0], x[1]); }},
      {"select_not", {B, F, F}, [](GraphBuilder&, In x) { return Select(LogicalNot(x[0]), x[1], x[2]); }},
      {"cast_same", {F}, [](GraphBuilder&, In x) { return Cast(x[0], F); }},
      {"cast_cast", {U}, [](GraphBuilder&, In x) { return Cast(Cast(x[0], I), F); }},
      {"cast_cast", {B}, [](GraphBuilder&, In x) { return Cast(Cast(x[0], F), I); }},
      {"cast_cast", {U}, [](GraphBuilder&, In x) { return Cast(Cast(x[0], F), B); }},
      {"clip_nothing", {F}, [](GraphBuilder&, In x) { return Clip(x[0], -INFINITY, INFINITY); }},
  };
  return *cases;
}

TEST(SimplifyTest, RulesKeepTheResult) {
  std::set<std::string> covered;
  for (const RuleCase& c : Applicable()) {
    covered.insert(c.rule);
    SCOPED_TRACE(c.rule);
    PhiloxStream random(7);
    std::vector<TensorType> types;
    std::vector<Tensor> inputs;
    for (DType dtype : c.inputs) {
      types.push_back({dtype, {500}});
      inputs.push_back(dtype == F ? FlushDenormals(RandomF32({500}, -3, 3, random, 2))
                                  : RandomBits(dtype, {500}, random));
    }
    bool exact = true;
    auto graph = BuildGraph(types, [&](GraphBuilder& b, absl::Span<const Value> in) {
      Value before = c.before(b, in);
      Value after = Apply(b, before, c.rule);
      for (const RewriteRule& rule : b.producer(before).op->simplify) {
        if (rule.name == c.rule) exact = rule.exact;
      }
      EXPECT_TRUE(after.ok()) << "the rule does not apply";
      EXPECT_EQ(after.type(), before.type());
      EXPECT_FALSE(after == before);
      return std::vector<Value>{before, after.ok() ? after : before};
    });
    WEFT_ASSERT_OK(graph);
    const std::vector<Tensor> results = RunAll(**graph, inputs);
    EXPECT_EQ(Difference(results[1], results[0], exact ? 0 : 2), "");
  }
  // No rule without a case.
  for (const OpDef* op : TestOps().ops()) {
    if (op->family != "elementwise") continue;
    for (const RewriteRule& rule : op->simplify) {
      EXPECT_TRUE(covered.contains(rule.name)) << rule.name;
      EXPECT_FALSE(rule.doc.empty());
    }
  }
}

TEST(SimplifyTest, RulesKnowTheirLimits) {
  using In = absl::Span<const Value>;
  const std::vector<RuleCase> cases = {
      {"add_zero", {F}, [](GraphBuilder&, In x) { return x[0] + 0.0; }},   // -0 + 0 is 0
      {"sub_zero", {F}, [](GraphBuilder&, In x) { return x[0] - -0.0; }},  // -0 - -0 is 0
      {"sub_zero", {F}, [](GraphBuilder&, In x) { return 0.0 - x[0]; }},
      {"mul_one", {F}, [](GraphBuilder&, In x) { return x[0] * 1.5; }},
      // The constant makes the result larger than the operand.
      {"mul_one",
       {F},
       [](GraphBuilder& b, In x) {
         return x[0] * b.Constant(F32({2, 1}, {1, 1}));
       }},
      {"add_zero",
       {I},
       [](GraphBuilder& b, In x) {
         return x[0] + b.Constant(*Tensor::Create(I, {3, 1}));
       }},
      {"mul_minus_one", {U}, [](GraphBuilder&, In x) { return x[0] * 255; }},
      {"div_one", {F}, [](GraphBuilder&, In x) { return 1.0 / x[0]; }},
      {"div_power_of_two", {F}, [](GraphBuilder&, In x) { return x[0] / 3.0; }},
      {"div_power_of_two", {F}, [](GraphBuilder&, In x) { return x[0] / 0x1p127; }},  // 2^-127 is a denormal
      {"div_constant", {F}, [](GraphBuilder&, In x) { return x[0] / 0.0; }},
      {"div_constant", {F}, [](GraphBuilder&, In x) { return x[0] / INFINITY; }},
      {"div_constant", {F}, [](GraphBuilder&, In x) { return x[0] / NAN; }},
      {"div_constant", {I}, [](GraphBuilder&, In x) { return x[0] / 3; }},
      {"pow_two", {F}, [](GraphBuilder&, In x) { return Pow(2.0, x[0]); }},
      {"not_equal", {F, F}, [](GraphBuilder&, In x) { return LogicalNot(Less(x[0], x[1])); }},  // NaN
      {"and_true", {B}, [](GraphBuilder&, In x) { return LogicalAnd(x[0], 0); }},
      {"minimum_same", {F, F}, [](GraphBuilder&, In x) { return Minimum(x[0], x[1]); }},
      {"select_same", {B, F}, [](GraphBuilder&, In x) { return Select(x[0], x[1], 0.0); }},
      {"cast_same", {F}, [](GraphBuilder&, In x) { return Cast(x[0], I); }},
      {"cast_cast", {F}, [](GraphBuilder&, In x) { return Cast(Cast(x[0], I), F); }},
      {"cast_cast", {I}, [](GraphBuilder&, In x) { return Cast(Cast(x[0], F), I); }},
      {"clip_nothing", {F}, [](GraphBuilder&, In x) { return Clip(x[0], -INFINITY, 3); }},
  };
  for (size_t i = 0; i < cases.size(); ++i) {
    const RuleCase& c = cases[i];
    SCOPED_TRACE(absl::StrCat(c.rule, ", case ", i));
    std::vector<TensorType> types;
    for (DType dtype : c.inputs) types.push_back({dtype, {5}});
    auto graph = BuildGraph(types, [&](GraphBuilder& b, absl::Span<const Value> in) {
      Value before = c.before(b, in);
      EXPECT_TRUE(Apply(b, before, c.rule).absent());
      return std::vector<Value>{before};
    });
    WEFT_EXPECT_OK(graph);
  }
}

}  // namespace
}  // namespace weft
