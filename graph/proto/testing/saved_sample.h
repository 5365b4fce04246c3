// A module to save, and a directory to save it in.
#ifndef WEFT_GRAPH_PROTO_TESTING_SAVED_SAMPLE_H_
#define WEFT_GRAPH_PROTO_TESTING_SAVED_SAMPLE_H_

#include <map>
#include <string>
#include <vector>

#include "graph/ir/module.h"
#include "graph/proto/safetensors.h"

namespace weft {

// Contents of all variables of `module`, different for each seed; NaNs, infinities and -0 among the floats.
std::vector<NamedTensor> Contents(const Module& module, uint32_t seed);

// A new, empty directory of the running test.
std::string NewDirectory();

// The files of a directory by name; "" for what is no regular file.
std::map<std::string, std::string> FilesIn(const std::string& directory);

}  // namespace weft

#endif  // WEFT_GRAPH_PROTO_TESTING_SAVED_SAMPLE_H_
