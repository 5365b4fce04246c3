#include "ops/elementwise/straight_match.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "ops/elementwise/straight.h"
#include "ops/elementwise/tiles.h"

namespace weft {
namespace {

using SelectFn = TileKernel (*)(const TileRequest&);

// The name that texts have for the item's op; null: none.
const char* NameOf(const TileItem& item) {
  if (!item.op->elementwise.has_value()) return nullptr;
  const SelectFn select = item.op->elementwise->select;
#define WEFT_UNARY(Function, op, Class, Diff, ulp, cycles, formula) WEFT_STRAIGHT_NAME(Function)
#define WEFT_BINARY(Function, op, Class, Diff, commutative, ulp, cycles, formula) WEFT_STRAIGHT_NAME(Function)
#define WEFT_STRAIGHT_NAME(Function) \
  if (select == &SelectTile<k##Function##Op>) return StraightName(k##Function##Op);
#include "ops/elementwise/elementwise_ops.inc"
#undef WEFT_STRAIGHT_NAME
  return nullptr;
}

class Describer {
 public:
  Describer(const std::vector<TileItem>& items, absl::Span<const int> outputs) : items_(items), outputs_(outputs) {}

  StraightBody Run() {
    names_.resize(items_.size());
    int ops = 0;
    for (size_t v = 0; v < items_.size(); ++v) {
      const TileItem& item = items_[v];
      if (!item.needed || item.op == nullptr) continue;
      const char* name = NameOf(item);
      if (name == nullptr || item.dtype != DType::kFloat32 || ++ops > StraightProgram::kMaxOps) return {};
      absl::StrAppend(&body_.text, ops == 1 ? "" : "; ", name);
      for (int operand : item.operands) {
        if (!Mention(operand)) return {};
      }
      names_[v] = absl::StrCat("t", ops - 1);
      // What an op takes in a pass of its own is mostly its loads and its store.
      body_.cycles += std::max(0.5, item.cycles - 1.5);
    }
    if (outputs_.size() > StraightProgram::kMaxOutputs) return {};
    absl::StrAppend(&body_.text, " ->");
    for (int output : outputs_) {
      if (items_[output].op == nullptr) return {};
      absl::StrAppend(&body_.text, " ", names_[output]);
    }
    body_.cycles += 0.5 * static_cast<double>(body_.inputs.size() + 2 * outputs_.size());
    return std::move(body_);
  }

 private:
  // Appends the operand, numbered if it is new. False: it fits in no program.
  bool Mention(int operand) {
    const TileItem& item = items_[operand];
    std::string& name = names_[operand];
    if (name.empty() && item.input >= 0) {
      // TileRunner keeps a bit for each of the first 64 inputs.
      if (item.dtype != DType::kFloat32 || body_.inputs.size() == StraightProgram::kMaxInputs || item.input >= 64) {
        return false;
      }
      name = absl::StrCat("i", body_.inputs.size());
      body_.inputs.push_back(item.input);
    } else if (name.empty()) {
      if (item.dtype != DType::kFloat32 || body_.constants.size() == StraightProgram::kMaxConstants) return false;
      name = absl::StrCat("c", body_.constants.size());
      float value;
      std::memcpy(&value, item.constant->raw(), sizeof(value));
      body_.constants.push_back(value);
    }
    absl::StrAppend(&body_.text, " ", name);
    return true;
  }

  const std::vector<TileItem>& items_;
  const absl::Span<const int> outputs_;
  std::vector<std::string> names_;  // of items that the text has mentioned
  StraightBody body_;
};

}  // namespace

StraightBody DescribeStraight(const std::vector<TileItem>& items, absl::Span<const int> outputs) {
  return Describer(items, outputs).Run();
}

int FindStraight(const std::string& text) {
  for (int i = 0; i < kNumStraight; ++i) {
    if (text == kStraightTexts[i]) return i;
  }
  return -1;
}

}  // namespace weft
