#include "ops/conv/conv_plan.h"
#include "ops/conv/conv_run.h"
#include "ops/conv/gradient_run.h"
#include "ops/conv/pooled_run.h"

namespace weft::conv {

ConvFns ConvAvx2() { return {&RunConv<simd::Avx2>, &RunPooledConv<simd::Avx2>, &RunKernelGradient<simd::Avx2>}; }

}  // namespace weft::conv
