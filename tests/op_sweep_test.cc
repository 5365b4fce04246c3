// Every op of the list: gradients of first and second order, and kernels at every ISA level; and the sweeps themselves,
// on planted faults.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/cpu.h"
#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/autodiff/gradient_args.h"
#include "graph/exec/kernel.h"
#include "graph/exec/reference.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "ops/elementwise/elementwise.h"
#include "ops/testing/all_cases.h"
#include "ops/testing/gradient_sweep.h"
#include "ops/testing/kernel_sweep.h"

namespace weft {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Lines(const std::vector<std::string>& failures) { return absl::StrJoin(failures, "\n"); }

TEST(OpSweep, GradientsOfEveryOp) {
  for (uint64_t seed : {1, 2}) {
    std::vector<std::string> failures = SweepGradients(AllOps(), AllCases(), {.seed = seed});
    EXPECT_THAT(failures, IsEmpty()) << Lines(failures);
  }
}

TEST(OpSweep, KernelsOfEveryOpAtEveryLevel) {
  std::vector<std::string> failures = SweepKernels(AllOps(), AllCases(), HostIsas());
  EXPECT_THAT(failures, IsEmpty()) << Lines(failures);
}

// ---- planted faults: an op `twice` (2 x) with something wrong

// A kernel in two shares; with the fault, the last element of each share is left to the next lane.
class TwiceKernel : public Kernel {
 public:
  TwiceKernel(const KernelRequest& request, bool off_by_one_lane, bool out_of_bounds)
      : n_(NumElements(request.outputs[0].dims)), off_by_one_lane_(off_by_one_lane), out_of_bounds_(out_of_bounds) {
    shares_ = ChooseShares(request.target, 1, n_);
  }
  void Run(const KernelArgs& args, int share) const override {
    Range range = ShareOf(n_, 1, share, shares());
    const float* x = static_cast<const float*>(args.inputs[0]);
    float* y = static_cast<float*>(args.outputs[0]);
    for (int64_t i = range.begin; i < range.end; ++i) {
      bool last = off_by_one_lane_ && i + 1 == range.end && i > 0;
      y[i] = 2 * x[last ? i - 1 : i];
    }
    if (out_of_bounds_) y[RoundUp(n_, 16)] = 0;
  }

 private:
  int64_t n_;
  bool off_by_one_lane_, out_of_bounds_;
};

enum class Fault { kNone, kGradient, kSecondOrder, kNoCases, kLane, kBounds };

OpDef TwiceOp(Fault fault) {
  OpDef def;
  def.name = "twice";
  def.family = "planted";
  def.doc = "2 x";
  def.inputs = {"x"};
  def.infer = [](absl::Span<const TensorType> in, const AttrMap&) -> absl::StatusOr<std::vector<TensorType>> {
    return std::vector<TensorType>{in[0]};
  };
  def.differentiability = Differentiability::kGradient;
  def.gradient = [fault](const GradientArgs& args) -> std::vector<Value> {
    Value dx = args.dy() * (fault == Fault::kGradient ? 2.001 : 2.0);
    // Right at first order and wrong at second: a term that is zero, but whose derivative is not.
    if (fault == Fault::kSecondOrder) {
      Value zero = args.input(0) - Round(args.input(0) * 1e9) * 1e-9;
      dx = dx + zero * 1e-3;
    }
    return {dx};
  };
  def.reference = [](ReferenceArgs& args) {
    for (int64_t i = 0; i < args.inputs[0].size(); ++i) args.outputs[0].Set(i, 2 * args.inputs[0].At(i));
    return absl::OkStatus();
  };
  def.kernel = [fault](const KernelRequest& request) -> absl::StatusOr<std::unique_ptr<Kernel>> {
    if (request.outputs[0].dtype != DType::kFloat32) return nullptr;
    return std::make_unique<TwiceKernel>(request, fault == Fault::kLane, fault == Fault::kBounds);
  };
  return def;
}

struct Planted {
  OpRegistry registry;
  std::vector<OpCase> cases;
};

std::unique_ptr<Planted> Plant(Fault fault) {
  auto planted = std::make_unique<Planted>();
  WEFT_EXPECT_OK(AddAllOps(planted->registry));
  WEFT_EXPECT_OK(planted->registry.Add(TwiceOp(fault)));
  if (fault == Fault::kNoCases) return planted;
  OpCase op_case;
  op_case.op = "twice";
  op_case.name = "vector";
  op_case.inputs = {{.dims = {3, 7}}};
  op_case.record = [](GraphBuilder& b, absl::Span<const Value> in) {
    return b.Record("twice", in, {}, SourceLocation::current());
  };
  op_case.bit_exact = true;
  planted->cases.push_back(op_case);
  return planted;
}

std::vector<std::string> About(const std::vector<std::string>& failures, const std::string& op) {
  std::vector<std::string> found;
  for (const std::string& failure : failures) {
    if (failure.rfind(op, 0) == 0) found.push_back(failure);
  }
  return found;
}

std::vector<std::string> GradientFaults(Fault fault) {
  std::unique_ptr<Planted> planted = Plant(fault);
  return About(SweepGradients(planted->registry, planted->cases), "twice");
}

std::vector<std::string> KernelFaults(Fault fault) {
  std::unique_ptr<Planted> planted = Plant(fault);
  return About(SweepKernels(planted->registry, planted->cases, HostIsas()), "twice");
}

TEST(PlantedFaults, ASoundOpPasses) {
  EXPECT_THAT(GradientFaults(Fault::kNone), IsEmpty());
  EXPECT_THAT(KernelFaults(Fault::kNone), IsEmpty());
}

TEST(PlantedFaults, AWrongGradientIsCaught) {
  EXPECT_THAT(GradientFaults(Fault::kGradient), Contains(HasSubstr("first order")));
}

TEST(PlantedFaults, AWrongSecondDerivativeIsCaught) {
  EXPECT_THAT(GradientFaults(Fault::kSecondOrder), Contains(HasSubstr("second order")));
}

TEST(PlantedFaults, AnOpWithoutCasesIsCaught) {
  EXPECT_THAT(GradientFaults(Fault::kNoCases), Contains(HasSubstr("no cases")));
}

TEST(PlantedFaults, AKernelOffByOneLaneIsCaught) {
  EXPECT_THAT(KernelFaults(Fault::kLane), Contains(HasSubstr("element")));
}

TEST(PlantedFaults, AKernelThatWritesOutOfBoundsIsCaught) {
  EXPECT_THAT(KernelFaults(Fault::kBounds), Contains(HasSubstr("wrote outside")));
}

}  // namespace
}  // namespace weft
