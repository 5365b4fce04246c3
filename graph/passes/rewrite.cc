#include "graph/passes/rewrite.h"

#include <bit>

#include "graph/passes/transform.h"

namespace weft {

const Tensor* RewriteContext::Constant(const Value& v) const {
  return v.ok() ? ConstantOf(builder_.graph(), v.id(), builder_.registry()) : nullptr;
}

bool RewriteContext::IsConstant(const Value& v, double number) const {
  const Tensor* tensor = Constant(v);
  if (tensor == nullptr || tensor->num_elements() == 0) return false;
  for (int64_t i = 0; i < tensor->num_elements(); ++i) {
    if (std::bit_cast<uint64_t>(tensor->AtDouble(i)) != std::bit_cast<uint64_t>(number)) return false;
  }
  return true;
}

}  // namespace weft
