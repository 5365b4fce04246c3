#include "graph/passes/receipt.h"

#include "absl/strings/str_cat.h"

namespace weft {

std::string Receipt::ToString() const {
  std::string text = pass;
  if (!rule.empty()) absl::StrAppend(&text, "/", rule);
  if (!function.empty()) absl::StrAppend(&text, " in ", function);
  if (rule.empty() && nodes_before != nodes_after)
    absl::StrAppend(&text, ": ", nodes_before, " -> ", nodes_after, " nodes");
  if (!what.empty()) absl::StrAppend(&text, ": ", what);
  absl::StrAppend(&text, applied ? (exact ? " [exact]" : " [inexact]") : " [not done]");
  if (!why.empty()) absl::StrAppend(&text, ": ", why);
  return text;
}

}  // namespace weft
