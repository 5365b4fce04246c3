#include "ops/dense/gemm.h"
#include "ops/dense/gemm_run.h"

namespace weft::dense {

GemmFns GemmAvx512() {
  return {&RunGemm<simd::Avx512>, &CopyRows<simd::Avx512>, &CompactRows<simd::Avx512>, &ColumnSums<simd::Avx512>};
}

}  // namespace weft::dense
