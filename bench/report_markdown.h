// The comparison as tables.
#ifndef WEFT_BENCH_REPORT_MARKDOWN_H_
#define WEFT_BENCH_REPORT_MARKDOWN_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "bench/report_lines.h"

namespace weft {

// The caption, then a table of training and one of inference: a row a work, shape and thread count, a column a program,
// the fastest peer in bold, and the ratio of the speeds, ours to that peer's.
std::string WriteMarkdown(const Report& report);

// `document` with `part` in place of what stands between the lines <!-- report:begin --> and <!-- report:end -->; just
// `part` for an empty document. InvalidArgument if the document does not have the two lines once each, in this order:
// what somebody wrote is never overwritten.
absl::StatusOr<std::string> ReplacePart(absl::string_view document, absl::string_view part);

}  // namespace weft

#endif  // WEFT_BENCH_REPORT_MARKDOWN_H_
