// What record.cc defines, once for each checkout it is compiled in (BUILD: WEFT_CHECKOUT).
#ifndef WEFT_TESTS_FILES_RECORD_H_
#define WEFT_TESTS_FILES_RECORD_H_

#include <string>

#include "absl/status/statusor.h"

namespace weft {

struct Recorded {
  std::string bytes;  // the saved module, as a single file
  std::string graph;  // the graph file in it
  std::string weights_hash;
  std::string fingerprint;
};
absl::StatusOr<Recorded> RecordHere();        // in this one
absl::StatusOr<Recorded> RecordElsewhere();   // in a checkout of another name
absl::StatusOr<Recorded> RecordByFullPath();  // there too, the compiler being given full paths

}  // namespace weft

#endif  // WEFT_TESTS_FILES_RECORD_H_
