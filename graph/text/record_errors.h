// For readers that record what they read: the builder's errors name where an op was recorded, which would be the reader
// itself. They say the place in the text or file instead.
#ifndef WEFT_GRAPH_TEXT_RECORD_ERRORS_H_
#define WEFT_GRAPH_TEXT_RECORD_ERRORS_H_

#include "absl/status/status.h"
#include "absl/strings/str_replace.h"
#include "graph/ir/value.h"

namespace weft {

// A location without file and line ...
inline const SourceLocation kNowhere{};

// ... and an error without what the builder made of it.
inline absl::Status WithoutNowhere(const absl::Status& status) {
  return absl::Status(status.code(), absl::StrReplaceAll(status.message(), {{" (:0)", ""}}));
}

}  // namespace weft

#endif  // WEFT_GRAPH_TEXT_RECORD_ERRORS_H_
