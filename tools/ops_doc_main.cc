// Prints docs/ops.md.
#include <cstdio>

#include "ops/all_ops.h"
#include "tools/ops_doc.h"

int main() {
  std::fputs(weft::OpsMarkdown(weft::AllOps()).c_str(), stdout);
  return 0;
}
