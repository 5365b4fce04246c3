#include "ops/conv/conv_plan.h"
#include "ops/conv/conv_run.h"
#include "ops/conv/gradient_run.h"
#include "ops/conv/pooled_run.h"

namespace weft::conv {

ConvFns ConvAvx512() {
  return {&RunConv<simd::Avx512>, &RunPooledConv<simd::Avx512>, &RunKernelGradient<simd::Avx512>};
}

}  // namespace weft::conv
