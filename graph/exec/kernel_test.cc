#include "graph/exec/kernel.h"

#include "core/testing/status_matchers.h"
#include "core/thread_pool.h"
#include "graph/exec/program.h"
#include "graph/exec/testing/build_module.h"

namespace weft {
namespace {

using namespace test_ops;  // NOLINT

TEST(ChooseSharesTest, SmallWorkIsNotCut) {
  Target target;
  target.threads = 4;
  EXPECT_EQ(ChooseShares(target, 100, 1000), 1);
  EXPECT_EQ(ChooseShares(target, kWorthCuttingNs - 1, 1000), 1);
  EXPECT_EQ(ChooseShares(target, kWorthCuttingNs, 1000), 2);
  EXPECT_EQ(ChooseShares(target, 1.6 * kWorthCuttingNs, 1000), 3);
  EXPECT_EQ(ChooseShares(target, 1e9, 1000), 4);
  EXPECT_EQ(ChooseShares(target, 1e30, 1000), 4);
  EXPECT_EQ(ChooseShares(target, 1e9, 3), 3);
  EXPECT_EQ(ChooseShares(target, 1e9, 0), 1);
  target.force_shares = true;
  EXPECT_EQ(ChooseShares(target, 1, 1000), 4);
  EXPECT_EQ(ChooseShares(target, 1, 2), 2);
  target.threads = 0;
  EXPECT_EQ(ChooseShares(target, 1e9, 1000), 1);
}

TEST(ShareOfTest, PartsCoverAllAndKeepToTheGrain) {
  for (int64_t total : {0, 1, 5, 63, 64, 65, 1000}) {
    for (int64_t grain : {1, 6, 64}) {
      for (int shares : {1, 2, 3, 8}) {
        int64_t next = 0;
        for (int share = 0; share < shares; ++share) {
          Range range = ShareOf(total, grain, share, shares);
          ASSERT_EQ(range.begin, next);
          ASSERT_LE(range.begin, range.end);
          ASSERT_TRUE(range.end == total || range.end % grain == 0);
          next = range.end;
        }
        ASSERT_EQ(next, total);
      }
    }
  }
}

TEST(TargetTest, HostIsTheHost) {
  EXPECT_EQ(Target::Host().threads, ThreadPool::AvailableProcessors());
  EXPECT_EQ(Target::Host(3).threads, 3);
  EXPECT_EQ(Target::Host().isa, DefaultIsa());
}

TEST(KernelTest, AReferenceKernelReadsAndWritesAnyLayout) {
  const OpDef& op = *TestOps().Find("cube");
  const Dims dims = {3, 70};
  const std::vector<ConcreteType> in = {{DType::kFloat32, dims, Layout::kPanels64}};
  for (Layout out_layout : {Layout::kRowMajor, Layout::kPanels64}) {
    const std::vector<ConcreteType> out = {{DType::kFloat32, dims, out_layout}};
    const AttrMap attrs;
    const SymbolBindings bindings;
    WEFT_ASSERT_OK_AND_ASSIGN(auto kernel, MakeKernel({op, attrs, in, out, bindings, Target()}));
    EXPECT_TRUE(IsReferenceKernel(*kernel));
    Tensor x = Ramp(dims), y = Ramp(dims);
    WEFT_ASSERT_OK_AND_ASSIGN(int64_t bytes, StorageBytes(DType::kFloat32, dims, Layout::kPanels64));
    WEFT_ASSERT_OK_AND_ASSIGN(auto packed_x, Buffer::Allocate(bytes));
    WEFT_ASSERT_OK_AND_ASSIGN(auto packed_y, Buffer::Allocate(bytes));
    PackLayout(DType::kFloat32, dims, Layout::kPanels64, x.raw(), packed_x->data());
    const void* inputs[] = {packed_x->data()};
    void* outputs[] = {packed_y->data()};
    kernel->Run({inputs, outputs, nullptr}, 0);
    UnpackLayout(DType::kFloat32, dims, out_layout, packed_y->data(), y.mutable_raw());
    for (int64_t i = 0; i < x.num_elements(); ++i) {
      const double value = x.AtDouble(i);
      ASSERT_EQ(y.AtDouble(i), static_cast<float>(value * value * value));
    }
  }
}

// What the layout pass makes: a variable that lives in panels, read and updated in them.
TEST(KernelTest, RelayoutInAFunctionAndVariablesInPanels) {
  const Shape shape({3, 70});
  const TensorType packed{DType::kFloat32, shape, Layout::kPanels64};
  auto module = std::make_shared<Module>(TestOps());
  WEFT_ASSERT_OK(module->AddVariable({"w", packed, true, "weight"}));
  GraphBuilder b(TestOps(), module.get());
  auto relayout = [&](Value x, const char* layout) {
    return b.Record1(kRelayoutOp, {x}, {{"layout", std::string(layout)}}, SourceLocation::current());
  };
  Value x = b.Input("x", F32(shape)), w = b.Variable("w");
  Value row_major = relayout(w, "row_major");
  b.Output("w", row_major);
  b.Output("same", relayout(row_major, "row_major"));
  b.Update("w", relayout(Add(x, row_major), "panels64"));
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, b.Build());
  WEFT_ASSERT_OK(module->AddFunction("f", graph));
  const Tensor w0 = Ramp({3, 70}), x0 = Ramp({3, 70}, -7);
  WEFT_ASSERT_OK_AND_ASSIGN(Results expected, RunByReference(*module, "f", {x0}, {{"w", w0}}));
  EXPECT_EQ(CheckAgainstReference(module, "f", {x0}, {{"w", w0}}), "");
  WEFT_ASSERT_OK_AND_ASSIGN(auto program, Program::Compile(module, "f", {}));
  WEFT_ASSERT_OK_AND_ASSIGN(ProgramStats stats, program->Stats({}));
  EXPECT_EQ(stats.num_copies, 0);
  EXPECT_EQ(stats.weight_bytes, 2 * 64 * 3 * 4);
}

}  // namespace
}  // namespace weft
