#include "ops/dense/gemm.h"
#include "ops/dense/gemm_run.h"

namespace weft::dense {

GemmFns GemmBaseline() {
  return {&RunGemm<simd::Baseline>, &CopyRows<simd::Baseline>, &CompactRows<simd::Baseline>,
          &ColumnSums<simd::Baseline>};
}

}  // namespace weft::dense
