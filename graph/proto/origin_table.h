// Origins as a flat list without repetition. In memory they are trees, shared and sometimes deep; in the file a derived
// origin names its leaves.
#ifndef WEFT_GRAPH_PROTO_ORIGIN_TABLE_H_
#define WEFT_GRAPH_PROTO_ORIGIN_TABLE_H_

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "graph/ir/graph.h"
#include "graph/proto/graph.pb.h"

namespace weft {

// Builds the list, in the order in which nodes first need the entries.
class OriginWriter {
 public:
  explicit OriginWriter(proto::Module* module) : module_(module) {}
  // What Node.origin is to hold: 0 for none.
  uint32_t Reference(const OriginPtr& origin);

 private:
  using Leaf = std::tuple<std::string, std::string, int>;  // layer, file, line
  // Ids (not yet places in the list) of an origin's leaves, first met first, at most kMaxLeaves.
  const std::vector<uint32_t>& LeavesOf(const Origin* origin);
  uint32_t Place(uint32_t leaf);

  static constexpr size_t kMaxLeaves = 64;
  proto::Module* const module_;
  std::map<Leaf, uint32_t> leaf_ids_;
  std::vector<const Leaf*> leaves_;                           // by id
  absl::flat_hash_map<uint32_t, uint32_t> leaf_places_;       // id to place in the list
  std::map<std::vector<uint32_t>, uint32_t> derived_places_;  // places of the leaves to place
  absl::flat_hash_map<const Origin*, std::vector<uint32_t>> memo_;
};

// The list as origins; entry 0 is an origin that says nothing, for nodes without one.
absl::StatusOr<std::vector<OriginPtr>> ReadOrigins(const proto::Module& module);

}  // namespace weft

#endif  // WEFT_GRAPH_PROTO_ORIGIN_TABLE_H_
