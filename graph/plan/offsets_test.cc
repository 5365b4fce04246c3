#include "graph/plan/offsets.h"

#include <algorithm>
#include <chrono>

#include "core/philox.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weft {
namespace {

// "" or which two overlap in time and in memory.
std::string Overlap(const std::vector<Interval>& intervals, const Packing& packing) {
  for (size_t i = 0; i < intervals.size(); ++i) {
    if (packing.offsets[i] < 0 || packing.offsets[i] + intervals[i].bytes > packing.bytes) return "outside";
    for (size_t j = 0; j < i; ++j) {
      const bool in_time = intervals[i].first <= intervals[j].last && intervals[j].first <= intervals[i].last;
      const bool in_memory = packing.offsets[i] < packing.offsets[j] + intervals[j].bytes &&
                             packing.offsets[j] < packing.offsets[i] + intervals[i].bytes;
      if (in_time && in_memory) return std::to_string(i) + " and " + std::to_string(j);
    }
  }
  return "";
}

TEST(OffsetsTest, NothingAndOne) {
  EXPECT_EQ(Pack({}).bytes, 0);
  EXPECT_EQ(LowerBound({}), 0);
  std::vector<Interval> one = {{0, 0, 64}};
  EXPECT_EQ(Pack(one).bytes, 64);
}

TEST(OffsetsTest, OnesThatTouchInTimeDoNotShare) {
  std::vector<Interval> touching = {{0, 1, 64}, {1, 2, 64}};
  EXPECT_EQ(Pack(touching).bytes, 128);
  std::vector<Interval> apart = {{0, 1, 64}, {2, 3, 64}};
  EXPECT_EQ(Pack(apart).bytes, 64);
}

TEST(OffsetsTest, RandomIntervalsDoNotOverlapAndStayNearTheBound) {
  double worst = 0, sum = 0;
  constexpr int kTrials = 300;
  for (int trial = 0; trial < kTrials; ++trial) {
    PhiloxStream random(trial);
    std::vector<Interval> intervals(1 + random.Below(trial % 10 == 0 ? 1500 : 60));
    for (Interval& interval : intervals) {
      interval.first = static_cast<int>(random.Below(50));
      interval.last = interval.first + static_cast<int>(random.Below(random.Below(4) == 0 ? 40 : 6));
      interval.bytes = 64 * static_cast<int64_t>(random.Below(random.Below(3) == 0 ? 100 : 5));
    }
    Packing packing = Pack(intervals);
    ASSERT_EQ(Overlap(intervals, packing), "") << "seed " << trial;
    const int64_t bound = LowerBound(intervals);
    ASSERT_GE(packing.bytes, bound);
    if (bound > 0) {
      const double ratio = static_cast<double>(packing.bytes) / static_cast<double>(bound);
      worst = std::max(worst, ratio);
      sum += ratio;
    }
  }
  RecordProperty("mean_ratio", std::to_string(sum / kTrials));
  EXPECT_LT(sum / kTrials, 1.1);
  EXPECT_LT(worst, 1.6);
}

TEST(OffsetsTest, ForwardAndBackwardOfAChainMeetTheBound) {
  // Activations live from their layer's forward step to its backward step; what flows backward lives for one step.
  for (int layers : {3, 50, 2000}) {
    std::vector<Interval> intervals;
    for (int i = 0; i < layers; ++i) {
      intervals.push_back({i, 2 * layers - i, 64 * (1 + i % 7)});
      intervals.push_back({2 * layers - i, 2 * layers - i + 1, 64 * (1 + i % 7)});
    }
    EXPECT_LE(static_cast<double>(Pack(intervals).bytes), 1.1 * static_cast<double>(LowerBound(intervals))) << layers;
  }
}

TEST(OffsetsTest, SixtyThousandBuffersTakeAMoment) {
  PhiloxStream random(1);
  std::vector<Interval> intervals(60000);
  for (size_t i = 0; i < intervals.size(); ++i) {
    intervals[i].first = static_cast<int>(i);
    intervals[i].last = static_cast<int>(i + random.Below(random.Below(10) == 0 ? 30000 : 5));
    intervals[i].bytes = 64 * static_cast<int64_t>(1 + random.Below(100));
  }
  const auto begin = std::chrono::steady_clock::now();
  Packing packing = Pack(intervals);
  const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  RecordProperty("ms", std::to_string(ms));
  RecordProperty("ratio", std::to_string(static_cast<double>(packing.bytes) / LowerBound(intervals)));
  EXPECT_LT(ms, 20000);  // a sanity check only, for slow builds: some 100 ms are usual
}

}  // namespace
}  // namespace weft
