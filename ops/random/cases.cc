#include "ops/random/cases.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ops/random/random.h"

namespace weft {

void AddRandomCases(std::vector<OpCase>& cases) {
  CaseInput scalar;
  scalar.dtype = DType::kInt64;
  scalar.low = -9e18;
  scalar.high = 9e18;
  auto add = [&](std::string name, std::function<Value(absl::Span<const Value>)> record) {
    OpCase c;
    c.op = "random_uniform";
    c.name = std::move(name);
    c.inputs = {scalar, scalar};
    c.record = [record = std::move(record)](GraphBuilder&, absl::Span<const Value> in) {
      return std::vector<Value>{record(in)};
    };
    cases.push_back(std::move(c));
  };
  for (int64_t n : {0, 1, 3, 4, 5, 15, 16, 17, 31, 33, 63, 64, 65, 127, 1000, 5000}) {
    add(absl::StrCat("elements_", n), [n](absl::Span<const Value> in) {
      return RandomUniform(in[0], in[1], {DType::kFloat32, {n}}, {.stream = n});
    });
    cases.back().bit_exact = true;
  }
  add("last_stream", [](absl::Span<const Value> in) {
    return RandomUniform(in[0], in[1], {DType::kFloat32, {3, 50}}, {.stream = kMaxRandomStream});
  });
  cases.back().bit_exact = true;
  add("normal", [](absl::Span<const Value> in) { return RandomNormal(in[0], in[1], {DType::kFloat32, {500}}); });
  add("truncated", [](absl::Span<const Value> in) { return TruncatedNormal(in[0], in[1], {DType::kFloat32, {500}}); });
  add("bernoulli", [](absl::Span<const Value> in) { return RandomBernoulli(in[0], in[1], {DType::kBool, {500}}); });
}

}  // namespace weft
