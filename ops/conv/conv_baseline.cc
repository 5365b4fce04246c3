#include "ops/conv/conv_plan.h"
#include "ops/conv/conv_run.h"
#include "ops/conv/gradient_run.h"
#include "ops/conv/pooled_run.h"

namespace weft::conv {

ConvFns ConvBaseline() {
  return {&RunConv<simd::Baseline>, &RunPooledConv<simd::Baseline>, &RunKernelGradient<simd::Baseline>};
}

}  // namespace weft::conv
