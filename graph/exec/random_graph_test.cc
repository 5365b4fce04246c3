// Random functions, with loops and updates, against the reference: with memory reused or not, poisoned or not, cut into
// shares or not, bit for bit.
#include <cstdlib>

#include "core/philox.h"
#include "core/testing/status_matchers.h"
#include "graph/exec/program.h"
#include "graph/exec/testing/build_module.h"
#include "graph/ir/scan.h"

namespace weft {
namespace {

using namespace test_ops;  // NOLINT

class RandomGraph {
 public:
  explicit RandomGraph(uint64_t seed) : random_(seed) {}

  absl::StatusOr<std::shared_ptr<const Module>> Make() {
    ModuleBuilder m;
    for (const auto& [name, value] : Contents()) m.Variable(name, value.dims());
    m.Function("f", [&](GraphBuilder& f) {
      std::vector<Value> pool = {f.Input("x", F32({5, 4})), f.Input("s", F32({})), f.Input("row", F32({4}))};
      for (const auto& [name, value] : Contents()) {
        if (random_.Below(8) != 0) pool.push_back(f.Variable(name));
      }
      Grow(f, pool, 4 + static_cast<int>(random_.Below(25)), 0);
      for (const auto& [name, value] : Contents()) {
        if (random_.Below(3) == 0) continue;
        std::vector<Value> candidates;
        for (const Value& v : pool) {
          if (v.shape() == Shape::FromDims(value.dims())) candidates.push_back(v);
        }
        if (!candidates.empty()) f.Update(name, Pick(candidates));
      }
      const uint64_t outputs = 1 + random_.Below(4);
      for (uint64_t k = 0; k < outputs; ++k) f.Output(absl::StrCat("y", k), Pick(pool));
    });
    return m.Build();
  }

  static const std::vector<std::pair<std::string, Tensor>>& Contents() {
    // "big*" are beyond the size of updates that are kept to the end; the sizes are no multiples of a vector.
    static const auto* const contents = new std::vector<std::pair<std::string, Tensor>>{
        {"a", Ramp({5, 4}, -1, 0.25F)}, {"b", Ramp({5, 4}, 2, -0.125F)},  {"c", Ramp({4}, 1, 0.5F)},
        {"d", Ramp({20}, -2, 0.25F)},   {"big1", Ramp({1250}, 1, 0.25F)}, {"big2", Ramp({1250}, 0, 0.125F)}};
    return *contents;
  }

 private:
  Value Pick(const std::vector<Value>& pool) {
    // Recent values more often, so that graphs are deep as well as wide.
    if (random_.Below(3) == 0 && pool.size() > 4) return pool[pool.size() - 1 - random_.Below(4)];
    return pool[random_.Below(pool.size())];
  }
  Value PickLike(const std::vector<Value>& pool, const Value& like) {
    std::vector<Value> candidates;
    for (const Value& v : pool) {
      if (v.type() == like.type()) candidates.push_back(v);
    }
    return Pick(candidates);
  }
  Value PickRank(const std::vector<Value>& pool, int rank) {
    std::vector<Value> candidates;
    for (const Value& v : pool) {
      if (v.rank() == rank) candidates.push_back(v);
    }
    return candidates.empty() ? Value() : Pick(candidates);
  }

  // Every value is resolved first: an op on captured values alone would be recorded outside of the body.
  void Grow(GraphBuilder& f, std::vector<Value>& pool, int nodes, int depth) {
    for (int k = 0; k < nodes; ++k) {
      Value a = f.Resolve(Pick(pool));
      switch (random_.Below(depth < 2 ? 14 : 12)) {
        case 0:
        case 1:
          pool.push_back(Add(a, f.Resolve(PickLike(pool, a))));
          break;
        case 2:
          pool.push_back(Mul(a, f.Resolve(PickLike(pool, a))));
          break;
        case 3:
          pool.push_back(Sub(f.Resolve(PickLike(pool, a)), a));
          break;
        case 4:
          if (Value s = PickRank(pool, 0); s.ok()) pool.push_back(Mul(f.Resolve(s), a));
          break;
        case 5:
        case 6:
          pool.push_back(Unary("neg", a));
          break;
        case 7:
          pool.push_back(Unary(random_.Below(3) == 0 ? "cube" : "total", a));
          break;
        case 8:
          if (a.rank() == 2) pool.push_back(Unary("rows_sum", a));
          break;
        case 9: {
          const int64_t n = a.shape().NumElements().value();
          pool.push_back(Reshape(a, random_.Below(2) == 0 ? Shape({n})
                                    : n % 4 == 0          ? Shape({n / 4, 4})
                                                          : Shape({1, n})));
          break;
        }
        case 10: {
          std::vector<Value> next = StepUpdate(f.Resolve(PickLike(pool, a)), f.Resolve(PickLike(pool, a)), a);
          for (const Value& v : next) {
            if (random_.Below(4) != 0) pool.push_back(v);
          }
          break;
        }
        case 11:
          pool.push_back(Full(f, a.type(), static_cast<double>(random_.Below(5)) - 2));
          break;
        default:
          GrowScan(f, pool, depth);
      }
    }
  }

  void GrowScan(GraphBuilder& f, std::vector<Value>& pool, int depth) {
    std::vector<Value> init, xs;
    for (uint64_t k = random_.Below(4); k > 0; --k) init.push_back(Pick(pool));
    ScanOptions options;
    options.reverse = random_.Below(2) == 0;
    Value stacked = Pick(pool);
    if (stacked.rank() > 0 && stacked.shape()[0].value() <= 20) {
      xs.push_back(stacked);
      if (random_.Below(2) == 0) xs.push_back(PickLike(pool, stacked));
    } else {
      options.length = Dim(static_cast<int64_t>(random_.Below(4)));
    }
    ScanResult result = Scan(
        f, init, xs,
        [&](GraphBuilder& b, absl::Span<const Value> c, absl::Span<const Value> x) {
          std::vector<Value> inner(c.begin(), c.end());
          inner.insert(inner.end(), x.begin(), x.end());
          for (uint64_t k = 1 + random_.Below(3); k > 0; --k) inner.push_back(b.Resolve(Pick(pool)));
          Grow(b, inner, 1 + static_cast<int>(random_.Below(8)), depth + 1);
          ScanStep step;
          for (const Value& carry : c) step.carries.push_back(PickLike(inner, carry));
          for (uint64_t k = random_.Below(3) + (c.empty() ? 1 : 0); k > 0; --k) step.outputs.push_back(Pick(inner));
          return step;
        },
        options);
    for (const Value& v : result.carries) pool.push_back(v);
    for (const Value& v : result.outputs) {
      const Shape& shape = v.shape();  // a stack of stacks gets large, an empty one has no elements to reshape
      if (shape.NumElements().value() <= 3000 && shape.NumElements().value() > 0) pool.push_back(v);
    }
  }

  PhiloxStream random_;
};

TEST(RandomGraphTest, AgreesWithTheReference) {
  int trials = 300;
  if (const char* given = std::getenv("WEFT_RANDOM_TRIALS")) trials = std::atoi(given);
  const std::vector<Tensor> inputs = {Ramp({5, 4}, -1, 0.125F), Ramp({}, 0.5F), Ramp({4}, 1, -0.5F)};
  Variables contents(RandomGraph::Contents().begin(), RandomGraph::Contents().end());
  for (int seed = 0; seed < trials; ++seed) {
    WEFT_ASSERT_OK_AND_ASSIGN(auto module, RandomGraph(seed).Make());
    ASSERT_EQ(CheckAgainstReference(module, "f", inputs, contents), "") << "seed " << seed;
  }
}

}  // namespace
}  // namespace weft
