// The definitions of the family's ops. Private to ops/dense.
#ifndef WEFT_OPS_DENSE_OP_DEFS_H_
#define WEFT_OPS_DENSE_OP_DEFS_H_

#include "graph/ir/op_def.h"

namespace weft::dense {

OpDef MatMulOp();          // matmul.cc
OpDef MatMulEpilogueOp();  // fused_ops.cc
OpDef DenseUpdateOp();     // fused_ops.cc
OpDef MatMulGatesOp();     // gates_op.cc

// Shared by matmul, matmul_epilogue and dense_update: b, and what the epilogue reads, may lie in kPanels64.
bool AcceptsLayout(int input, Layout layout, const AttrMap& attrs);
double Flops(absl::Span<const ConcreteType> inputs, absl::Span<const ConcreteType> outputs, const AttrMap& attrs);

}  // namespace weft::dense

#endif  // WEFT_OPS_DENSE_OP_DEFS_H_
