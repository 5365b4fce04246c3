#include "graph/exec/variable_storage.h"

#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "core/testing/status_matchers.h"
#include "graph/exec/memory_block.h"

namespace weft {
namespace {

// Small sets and large ones: zeros, aligned, apart from one another, with room behind.
TEST(VariableStorageTest, EveryVariableHasItsOwnAlignedZeros) {
  for (const int64_t large : {int64_t{100}, int64_t{5000}, kHugeBlock, 3 * kHugeBlock + 20}) {
    const std::vector<int64_t> bytes = {4, -1, large, 0, 64, large, 7};
    WEFT_ASSERT_OK_AND_ASSIGN(VariableStorage storage, VariableStorage::Create(bytes));
    ASSERT_EQ(storage.pointers().size(), bytes.size());
    for (size_t i = 0; i < bytes.size(); ++i) {
      if (bytes[i] < 0) {
        EXPECT_EQ(storage.pointers()[i], nullptr);
        continue;
      }
      ASSERT_NE(storage.pointers()[i], nullptr);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(storage.pointers()[i]) % kAlignment, 0u);
      const auto* data = static_cast<const unsigned char*>(storage.pointers()[i]);
      const int64_t room = bytes[i] + static_cast<int64_t>(kAlignment);
      for (int64_t b = 0; b < room; ++b) ASSERT_EQ(data[b], 0) << "variable " << i << ", byte " << b;
      std::memset(storage.pointers()[i], static_cast<int>(i) + 1, static_cast<size_t>(bytes[i]));
    }
    for (size_t i = 0; i < bytes.size(); ++i) {
      const auto* data = static_cast<const unsigned char*>(storage.pointers()[i]);
      for (int64_t b = 0; b < bytes[i]; ++b) ASSERT_EQ(data[b], i + 1) << "variable " << i << ", byte " << b;
    }
  }
}

TEST(VariableStorageTest, MoreThanAnyMemoryIsAnError) {
  const int64_t half = std::numeric_limits<int64_t>::max() / 2;
  for (const std::vector<int64_t>& bytes : {std::vector<int64_t>{half, half, half}, {half}, {int64_t{1} << 60}}) {
    EXPECT_EQ(VariableStorage::Create(bytes).status().code(), absl::StatusCode::kResourceExhausted);
  }
}

TEST(MemoryBlockTest, AlignedWhateverTheSize) {
  for (const int64_t bytes : {int64_t{0}, int64_t{1}, kHugeBlock - 1, kHugeBlock, kHugeBlock + 1, 5 * kHugeBlock}) {
    WEFT_ASSERT_OK_AND_ASSIGN(MemoryBlock block, AllocateBlock(bytes));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block.data) % kAlignment, 0u);
    EXPECT_GE(block.buffer->data() + block.buffer->size(), block.data + bytes);
    if (bytes > 0) {
      block.data[0] = block.data[bytes - 1] = std::byte{1};
    }
  }
}

}  // namespace
}  // namespace weft
