// docs/ops.md: all ops and compositions of a registry as Markdown tables.
#ifndef WEFT_TOOLS_OPS_DOC_H_
#define WEFT_TOOLS_OPS_DOC_H_

#include <string>

#include "graph/ir/registry.h"

namespace weft {

std::string OpsMarkdown(const OpRegistry& registry);

}  // namespace weft

#endif  // WEFT_TOOLS_OPS_DOC_H_
