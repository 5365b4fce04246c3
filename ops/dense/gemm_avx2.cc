#include "ops/dense/gemm.h"
#include "ops/dense/gemm_run.h"

namespace weft::dense {

GemmFns GemmAvx2() {
  return {&RunGemm<simd::Avx2>, &CopyRows<simd::Avx2>, &CompactRows<simd::Avx2>, &ColumnSums<simd::Avx2>};
}

}  // namespace weft::dense
