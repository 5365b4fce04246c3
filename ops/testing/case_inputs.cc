#include "ops/testing/case_inputs.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/status.h"

namespace weft {
namespace {

double Draw(const CaseInput& input, PhiloxStream& random) {
  // Redrawn until it stays clear of the kinks; a case whose range is all kinks ends with the last draw and fails
  // visibly.
  double value = 0;
  for (int attempt = 0; attempt < 1000; ++attempt) {
    value = input.low + (input.high - input.low) * random.Uniform();
    bool clear = std::all_of(input.avoid.begin(), input.avoid.end(),
                             [&](double point) { return std::abs(value - point) >= input.margin; });
    if (clear) break;
  }
  return value;
}

// Equidistant values in a random order, so that all differ by more than the margin.
std::vector<double> DrawDistinct(const CaseInput& input, int64_t n, PhiloxStream& random) {
  std::vector<double> values(n);
  double step = std::max((input.high - input.low) / static_cast<double>(std::max<int64_t>(n, 1)), input.margin);
  for (int64_t i = 0; i < n; ++i) values[i] = input.low + step * (static_cast<double>(i) + 0.25);
  for (int64_t i = n - 1; i > 0; --i) std::swap(values[i], values[random.Below(static_cast<uint64_t>(i) + 1)]);
  return values;
}

}  // namespace

PhiloxStream StreamOf(const OpCase& op_case, uint64_t seed) {
  uint64_t hash = 14695981039346656037u;  // FNV-1a: stable over processes
  for (char c : op_case.op + "/" + op_case.name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return PhiloxStream(seed, hash);
}

absl::StatusOr<std::vector<Tensor>> DrawInputs(const OpCase& op_case, PhiloxStream& random, bool widen) {
  std::vector<Tensor> tensors;
  for (const CaseInput& input : op_case.inputs) {
    DType dtype = widen && input.dtype == DType::kFloat32 ? DType::kFloat64 : input.dtype;
    WEFT_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Create(dtype, input.dims));
    const int64_t n = tensor.num_elements();
    std::vector<double> distinct;
    if (input.distinct) distinct = DrawDistinct(input, n, random);
    DispatchDType(dtype, [&](auto zero) {
      using T = decltype(zero);
      absl::Span<T> data = tensor.mutable_data<T>();
      for (int64_t i = 0; i < n; ++i) {
        if constexpr (std::is_same_v<T, bool>) {
          data[i] = random.Below(2) != 0;
        } else if constexpr (std::is_integral_v<T>) {
          // Unsigned, since the range may be wider than any int64.
          const auto low = static_cast<uint64_t>(static_cast<int64_t>(input.low));
          const auto high = static_cast<uint64_t>(static_cast<int64_t>(input.high));
          data[i] = static_cast<T>(static_cast<int64_t>(low + random.Below(high - low + 1)));
        } else {
          // Rounded to float in any case, so that both sides of a comparison see the same numbers.
          double value = input.distinct ? distinct[i] : Draw(input, random);
          data[i] = static_cast<T>(static_cast<float>(value));
        }
      }
      return 0;
    });
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

void SprinkleSpecialValues(std::vector<Tensor>& inputs, PhiloxStream& random) {
  using Limits = std::numeric_limits<float>;
  const float kSpecial[] = {Limits::quiet_NaN(),
                            Limits::infinity(),
                            -Limits::infinity(),
                            0.0f,
                            -0.0f,
                            Limits::denorm_min(),
                            -1e-40f,
                            Limits::max(),
                            -Limits::max(),
                            Limits::min(),
                            -Limits::min(),
                            1.0f};
  for (Tensor& tensor : inputs) {
    if (tensor.dtype() != DType::kFloat32) continue;
    for (float& value : tensor.mutable_data<float>()) {
      if (random.Below(5) == 0) value = kSpecial[random.Below(std::size(kSpecial))];
    }
  }
}

}  // namespace weft
