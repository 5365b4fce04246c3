#include "ops/elementwise/tile_items.h"

#include <algorithm>

#include "ops/elementwise/tiles.h"

namespace weft {
namespace {

constexpr size_t kMaxChain = 3;     // ops in one pass
constexpr size_t kMaxOperands = 4;  // TileArgs::in

using SelectFn = TileKernel (*)(const TileRequest&);

bool Is(const TileItem& item, SelectFn select) {
  return item.op != nullptr && item.op->elementwise && item.op->elementwise->select == select;
}

class Fuser {
 public:
  Fuser(std::vector<TileItem>& items, absl::Span<const int> outputs) : items_(items), uses_(items.size(), 0) {
    for (const TileItem& item : items) {
      if (!item.needed) continue;
      for (int operand : item.operands) ++uses_[operand];
    }
    for (int output : outputs) uses_[output] += 2;  // never absorbed
    chain_operands_.resize(items.size());
  }

  void Run() {
    for (size_t v = 0; v < items_.size(); ++v) {
      TileItem& item = items_[v];
      if (!item.needed || item.op == nullptr || !item.op->elementwise || item.dtype != DType::kFloat32) continue;
      if (Is(item, &SelectTile<kSelectOp>)) {
        FuseCondition(item);
      } else if (!Absorb(v)) {
        Begin(v);
      }
    }
    for (size_t v = 0; v < items_.size(); ++v) {
      if (items_[v].chain.size() > 1) items_[v].operands = chain_operands_[v];
    }
  }

 private:
  // A chain of one op, which a reader may absorb.
  void Begin(size_t v) {
    TileItem& item = items_[v];
    int first = -1;
    if (Is(item, &SelectTile<kAddOp>)) first = kFirstAdd;
    if (Is(item, &SelectTile<kSubOp>)) first = kFirstSub;
    if (Is(item, &SelectTile<kMulOp>) || Is(item, &SelectTile<kSquareOp>)) first = kFirstMul;
    if (first < 0) return;
    item.chain = {first};
    chain_operands_[v] = {item.operands.front(), item.operands.back()};  // of a square: the same twice
  }

  // Appends the op to the chain of an operand, the longer one if there are two.
  bool Absorb(size_t v) {
    TileItem& item = items_[v];
    int best = -1;
    for (int side = 0; side < static_cast<int>(item.operands.size()); ++side) {
      const int operand = item.operands[side];
      const size_t length = items_[operand].chain.size();
      if (uses_[operand] != 1 || length == 0 || length >= kMaxChain || NextOp(item, side) < 0) continue;
      const size_t operands = chain_operands_[operand].size() + item.operands.size() - 1;
      if (operands > kMaxOperands) continue;
      if (best < 0 || length > items_[item.operands[best]].chain.size()) best = side;
    }
    if (best < 0) return false;
    const int operand = item.operands[best];
    item.chain = items_[operand].chain;
    item.chain.push_back(NextOp(item, best));
    chain_operands_[v] = chain_operands_[operand];
    if (item.operands.size() == 2) chain_operands_[v].push_back(item.operands[1 - best]);
    item.cycles += items_[operand].cycles - 1;  // a store and a load less
    return true;
  }

  // What the op is to a chain that is its operand `side`; -1: nothing.
  int NextOp(const TileItem& item, int side) const {
    if (Is(item, &SelectTile<kAddOp>)) return kNextAdd;
    if (Is(item, &SelectTile<kSubOp>)) return side == 0 ? kNextSub : kNextReverseSub;
    if (Is(item, &SelectTile<kMulOp>)) return kNextMul;
    if (Is(item, &SelectTile<kReluOp>)) return kNextRelu;
    if (Is(item, &SelectTile<kSquareOp>)) return kNextSquare;
    return -1;
  }

  void FuseCondition(TileItem& item) {
    const int condition = item.operands[0];
    const TileItem& compare = items_[condition];
    if (uses_[condition] != 1 || compare.op == nullptr || items_[compare.operands[0]].dtype != DType::kFloat32) return;
#define WEFT_COMPARE(Function, op, commutative, cycles, formula) \
  if (Is(compare, &SelectTile<k##Function##Op>)) item.select_if = k##Function##Op - kEqualOp;
#include "ops/elementwise/elementwise_ops.inc"
    if (item.select_if < 0) return;
    item.operands = {compare.operands[0], compare.operands[1], item.operands[1], item.operands[2]};
    item.cycles += compare.cycles - 1;
  }

  std::vector<TileItem>& items_;
  std::vector<int> uses_;
  std::vector<std::vector<int>> chain_operands_;  // of each item's chain
};

}  // namespace

void MarkNeeded(std::vector<TileItem>& items, absl::Span<const int> outputs) {
  for (TileItem& item : items) {
    item.needed = false;
    item.last_use = -1;
  }
  for (int v : outputs) items[v].needed = true;
  for (int v = static_cast<int>(items.size()) - 1; v >= 0; --v) {
    if (!items[v].needed) continue;
    for (int operand : items[v].operands) {
      items[operand].needed = true;
      items[operand].last_use = std::max(items[operand].last_use, v);
    }
  }
}

void FuseItems(std::vector<TileItem>& items, absl::Span<const int> outputs) {
  MarkNeeded(items, outputs);
  Fuser(items, outputs).Run();
  MarkNeeded(items, outputs);
}

TileKernel SelectKernel(const std::vector<TileItem>& items, int v, Isa isa) {
  const TileItem& item = items[v];
  const TileF32Table& f32 = TileF32For(isa);
  TileKernel kernel;
  if (item.select_if >= 0) {
    kernel.fn = f32.select_if[item.select_if];
  } else if (item.chain.size() == 2) {
    kernel.fn = f32.chain2[item.chain[0]][item.chain[1]];
  } else if (item.chain.size() == 3) {
    kernel.fn = f32.chain3[item.chain[0]][item.chain[1]][item.chain[2]];
  } else if (item.op->elementwise && item.op->elementwise->select != nullptr && item.operands.size() <= kMaxOperands) {
    std::vector<DType> dtypes;
    for (int operand : item.operands) dtypes.push_back(items[operand].dtype);
    kernel = item.op->elementwise->select(TileRequest{isa, dtypes, item.dtype, *item.attrs});
  }
  return kernel;
}

}  // namespace weft
