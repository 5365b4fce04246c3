// Activations against their formulas, at the kinks, far out, and against vectors that Keras computed.
#include "ops/elementwise/activations.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/testing/status_matchers.h"
#include "graph/autodiff/gradients.h"
#include "graph/exec/reference.h"
#include "ops/elementwise/elementwise.h"
#include "ops/elementwise/testing/harness.h"

namespace weft {
namespace {

AttrMap WithDefaults(const Composition& composition, std::vector<AttrMap::Entry> given) {
  std::vector<AttrMap::Entry> entries;
  for (const AttrSpec& arg : composition.args) entries.emplace_back(arg.name, *arg.default_value);
  AttrMap attrs(std::move(entries));
  for (AttrMap::Entry& entry : given) attrs = attrs.With(entry.first, std::move(entry.second));
  return attrs;
}

struct Result {
  Tensor y, dx;
};
// The activation and the gradient of <y, cotangent>, in float32.
absl::StatusOr<Result> Activate(const std::string& name, std::vector<AttrMap::Entry> args, const Tensor& x,
                                const Tensor& cotangent) {
  const Composition* composition = TestOps().FindComposition(name);
  if (composition == nullptr || !composition->is_activation) return absl::NotFoundError(name);
  const TensorType type{DType::kFloat32, Shape::FromDims(x.dims())};
  auto graph = BuildGraph({type, type}, [&](GraphBuilder&, absl::Span<const Value> in) {
    Value y = composition->record(in[0], WithDefaults(*composition, std::move(args)));
    auto gradients = Gradients({y}, {in[0]}, {in[1]});
    EXPECT_THAT(gradients, IsOk());
    return std::vector<Value>{y, gradients.ok() ? (*gradients)[0] : Value()};
  });
  if (!graph.ok()) return graph.status();
  auto result = RunReference(**graph, {x, cotangent});
  if (!result.ok()) return result.status();
  return Result{result->outputs[0], result->outputs[1]};
}
absl::StatusOr<Result> Activate(const std::string& name, std::vector<AttrMap::Entry> args, std::vector<float> x) {
  std::vector<float> ones(x.size(), 1.0f);
  return Activate(name, std::move(args), F32(std::move(x)), F32(std::move(ones)));
}

struct Formula {
  std::string name;
  std::vector<AttrMap::Entry> args;
  std::function<double(double)> f;
};

double Sig(double x) { return 1 / (1 + std::exp(-x)); }
double Softplus1(double x) { return std::log1p(std::exp(x)); }
double Elu1(double x, double alpha) { return x > 0 ? x : alpha * std::expm1(x); }
double HardSig(double x) { return std::clamp(x + 3, 0.0, 6.0) / 6; }

std::vector<Formula> Formulas() {
  auto silu = [](double x) { return x * Sig(x); };
  auto hard_silu = [](double x) { return x * HardSig(x); };
  auto cdf = [](double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); };
  auto by_tanh = [](double x) {
    return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * std::pow(x, 3))));
  };
  auto sparse_plus = [](double x) { return x <= -1 ? 0 : x < 1 ? (x + 1) * (x + 1) / 4 : x; };
  auto soft_shrink = [](double x) { return x > 0.5 ? x - 0.5 : x < -0.5 ? x + 0.5 : 0.0; };
  return {
      {"linear", {}, [](double x) { return x; }},
      {"relu", {}, [](double x) { return std::max(x, 0.0); }},
      {"relu", {{"max_value", 6.0}}, [](double x) { return std::clamp(x, 0.0, 6.0); }},
      {"relu", {{"negative_slope", 0.3}}, [](double x) { return x > 0 ? x : 0.3 * x; }},
      {"relu",
       {{"negative_slope", 0.1}, {"max_value", 1.5}, {"threshold", 0.2}},
       [](double x) { return x > 0.2 ? std::min(x, 1.5) : 0.1 * (x - 0.2); }},
      {"leaky_relu", {}, [](double x) { return x > 0 ? x : 0.2 * x; }},
      {"relu6", {}, [](double x) { return std::clamp(x, 0.0, 6.0); }},
      {"sigmoid", {}, Sig},
      {"tanh", {}, [](double x) { return std::tanh(x); }},
      {"softplus", {}, Softplus1},
      {"softsign", {}, [](double x) { return x / (1 + std::fabs(x)); }},
      {"selu", {}, [](double x) { return 1.05070098 * Elu1(x, 1.67326324); }},
      {"elu", {}, [](double x) { return Elu1(x, 1); }},
      {"elu", {{"alpha", 0.5}}, [](double x) { return Elu1(x, 0.5); }},
      {"exponential", {}, [](double x) { return std::exp(x); }},
      {"gelu", {}, cdf},
      {"gelu", {{"approximate", true}}, by_tanh},
      {"silu", {}, silu},
      {"swish", {}, silu},
      {"hard_sigmoid", {}, HardSig},
      {"hard_silu", {}, hard_silu},
      {"hard_swish", {}, hard_silu},
      {"mish", {}, [](double x) { return x * std::tanh(Softplus1(x)); }},
      {"celu", {}, [](double x) { return Elu1(x, 1); }},
      {"celu", {{"alpha", 2.0}}, [](double x) { return x > 0 ? x : 2 * std::expm1(x / 2); }},
      {"tanh_shrink", {}, [](double x) { return x - std::tanh(x); }},
      {"log_sigmoid", {}, [](double x) { return std::log(Sig(x)); }},
      {"squareplus", {}, [](double x) { return (x + std::sqrt(x * x + 4)) / 2; }},
      {"hard_tanh", {}, [](double x) { return std::clamp(x, -1.0, 1.0); }},
      {"hard_shrink", {}, [](double x) { return std::fabs(x) > 0.5 ? x : 0; }},
      {"soft_shrink", {}, soft_shrink},
      {"threshold", {{"threshold", 0.7}, {"default_value", -3.0}}, [](double x) { return x > 0.7 ? x : -3; }},
      {"sparse_plus", {}, sparse_plus},
      {"sparse_sigmoid", {}, [](double x) { return std::clamp((x + 1) / 2, 0.0, 1.0); }},
  };
}

TEST(ActivationsTest, HaveTheirFormulasAndSlopes) {
  std::set<std::string> covered;
  std::vector<float> xs;
  // Off every kink.
  for (double x = -7.013; x < 8; x += 0.37) xs.push_back(static_cast<float>(x));
  for (const Formula& c : Formulas()) {
    covered.insert(c.name);
    SCOPED_TRACE(c.name);
    WEFT_ASSERT_OK_AND_ASSIGN(Result r, Activate(c.name, c.args, xs));
    for (size_t i = 0; i < xs.size(); ++i) {
      const double x = xs[i], h = 1e-6, slope = (c.f(x + h) - c.f(x - h)) / (2 * h);
      EXPECT_NEAR(r.y.data<float>()[i], c.f(x), 1e-6 * (1 + std::fabs(c.f(x)))) << "at " << x;
      EXPECT_NEAR(r.dx.data<float>()[i], slope, 1e-5 * (1 + std::fabs(slope))) << "slope at " << x;
    }
  }
  for (const Composition* composition : TestOps().compositions()) {
    if (composition->family != "elementwise") continue;
    EXPECT_TRUE(covered.contains(composition->name)) << composition->name;
  }
}

// What TensorFlow's kernels do where the slope jumps.
TEST(ActivationsTest, SlopesAtTheKinks) {
  auto slope = [](const std::string& name, float x) { return (*Activate(name, {}, {x})).dx.data<float>()[0]; };
  EXPECT_EQ(slope("relu", 0), 0);
  EXPECT_EQ(slope("leaky_relu", 0), 0.2f);
  EXPECT_EQ(slope("relu6", 0), 0);
  EXPECT_EQ(slope("relu6", 6), 0);
  EXPECT_EQ(slope("elu", 0), 1);
  EXPECT_EQ(slope("celu", 0), 1);
  EXPECT_EQ(slope("hard_sigmoid", -3), 0);
  EXPECT_EQ(slope("hard_sigmoid", 3), 0);
  EXPECT_EQ(slope("hard_tanh", 1), 1);
  EXPECT_EQ(slope("softsign", 0), 1);
}

// Nothing is NaN where the formula, taken literally, would have 0 * inf.
TEST(ActivationsTest, FarOut) {
  for (const Composition* composition : TestOps().compositions()) {
    if (composition->family != "elementwise" || composition->name == "exponential") continue;
    SCOPED_TRACE(composition->name);
    WEFT_ASSERT_OK_AND_ASSIGN(Result r, Activate(composition->name, {}, {-1e4f, -200, -90, 90, 200, 1e4f}));
    for (int i = 0; i < 6; ++i) {
      EXPECT_TRUE(std::isfinite(r.y.data<float>()[i])) << i;
      EXPECT_TRUE(std::isfinite(r.dx.data<float>()[i])) << i;
    }
  }
}

// ---- vectors computed by Keras, where they are at hand: files of `kind` activation with x, y, cotangent, dx.

struct VectorFile {
  nlohmann::json config;
  std::map<std::string, Tensor> tensors;
};

absl::StatusOr<VectorFile> ReadVectors(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  uint64_t header_size = 0;
  in.read(reinterpret_cast<char*>(&header_size), sizeof(header_size));
  if (!in || header_size > 100'000'000) return InvalidArgument(path.string(), ": no header");
  std::string header(header_size, '\0');
  in.read(header.data(), static_cast<std::streamsize>(header_size));
  nlohmann::json json = nlohmann::json::parse(header, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return InvalidArgument(path.string(), ": the header is no JSON");
  VectorFile file;
  const auto data_begin = in.tellg();
  for (auto& [name, entry] : json.items()) {
    if (name == "__metadata__") {
      file.config = nlohmann::json::parse(entry["config"].get<std::string>());
      continue;
    }
    const auto shape = entry["shape"].get<std::vector<int64_t>>();
    const auto offsets = entry["data_offsets"].get<std::vector<int64_t>>();
    std::vector<char> bytes(static_cast<size_t>(offsets[1] - offsets[0]));
    in.seekg(data_begin + static_cast<std::streamoff>(offsets[0]));
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    auto tensor = Tensor::FromBytes(DType::kFloat32, shape, bytes.data(), bytes.size());
    if (!tensor.ok()) return tensor.status();
    file.tensors[name] = *tensor;
  }
  return file;
}

void ExpectNear(const Tensor& got, const Tensor& want, const char* what) {
  double largest = 0;
  for (float v : want.data<float>()) largest = std::max(largest, std::fabs(static_cast<double>(v)));
  for (int64_t i = 0; i < want.num_elements(); ++i) {
    ASSERT_NEAR(got.data<float>()[i], want.data<float>()[i], 1e-5 * largest) << what << ", element " << i;
  }
}

TEST(ActivationsTest, KerasVectors) {
  const char* data = std::getenv("WEFT_DATA_DIR");
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::path(data == nullptr ? "" : data) / "keras_vectors";
  if (data == nullptr || !std::filesystem::is_directory(folder, error)) {
    GTEST_SKIP() << "no keras_vectors in WEFT_DATA_DIR";
  }
  int checked = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string file_name = entry.path().filename().string();
    if (!absl::StartsWith(file_name, "activation_")) continue;
    SCOPED_TRACE(file_name);
    WEFT_ASSERT_OK_AND_ASSIGN(VectorFile file, ReadVectors(entry.path()));
    const std::string name = file.config["name"].get<std::string>();
    if (absl::EndsWith(name, "softmax")) continue;  // another family's
    std::vector<AttrMap::Entry> args;
    for (auto& [key, value] : file.config["args"].items()) {
      args.emplace_back(key, value.is_boolean() ? AttrValue(value.get<bool>()) : AttrValue(value.get<double>()));
    }
    WEFT_ASSERT_OK_AND_ASSIGN(Result r, Activate(name, args, file.tensors["x"], file.tensors["cotangent"]));
    ExpectNear(r.y, file.tensors["y"], "y");
    ExpectNear(r.dx, file.tensors["dx"], "dx");
    ++checked;
  }
  EXPECT_GT(checked, 0);
}

}  // namespace
}  // namespace weft
