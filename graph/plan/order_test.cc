#include "graph/plan/order.h"

#include <set>

#include "core/philox.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weft {
namespace {

using ::testing::ElementsAre;

OrderRequest Request(const std::vector<std::vector<NodeId>>& dependencies) {
  OrderRequest request;
  request.begin.push_back(0);
  for (const auto& of_node : dependencies) {
    request.dependencies.insert(request.dependencies.end(), of_node.begin(), of_node.end());
    request.begin.push_back(static_cast<int>(request.dependencies.size()));
  }
  request.runs.assign(dependencies.size(), true);
  request.rank.assign(dependencies.size(), 0);
  return request;
}

TEST(OrderTest, WithoutWishesItIsThatOfTheIds) {
  EXPECT_THAT(Order(Request({{}, {}, {0}, {1, 1}, {2}})).order, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(Order(Request({})).order, ElementsAre());
}

TEST(OrderTest, NodesThatDoNotRunAreLeftOut) {
  OrderRequest request = Request({{}, {}, {1}});
  request.runs[0] = false;
  EXPECT_THAT(Order(request).order, ElementsAre(1, 2));
}

TEST(OrderTest, AWishMovesANodeBehindTheReaders) {
  OrderRequest request = Request({{}, {}, {0}, {1}});
  std::vector<OrderWish> wishes = {{0, {1, 3}}};
  request.wishes = wishes;
  OrderResult result = Order(request);
  EXPECT_THAT(result.order, ElementsAre(1, 3, 0, 2));
  EXPECT_THAT(result.granted, ElementsAre(true));
}

TEST(OrderTest, AWishThatWaitsForItselfIsGivenUp) {
  OrderRequest request = Request({{}, {0}});
  std::vector<OrderWish> wishes = {{0, {1}}};
  request.wishes = wishes;
  OrderResult result = Order(request);
  EXPECT_THAT(result.order, ElementsAre(0, 1));
  EXPECT_THAT(result.granted, ElementsAre(false));
}

TEST(OrderTest, OfTwoThatWaitForEachOtherOneIsGranted) {
  OrderRequest request = Request({{}, {}});
  std::vector<OrderWish> wishes = {{0, {1}}, {1, {0}}};
  request.wishes = wishes;
  OrderResult result = Order(request);
  EXPECT_THAT(result.order, ElementsAre(0, 1));
  EXPECT_THAT(result.granted, ElementsAre(false, true));
}

TEST(OrderTest, RanksGoBeforeIds) {
  OrderRequest request = Request({{}, {}, {0}, {0}, {0}});
  request.rank[1] = 1;
  request.rank[3] = -1;
  EXPECT_THAT(Order(request).order, ElementsAre(0, 3, 2, 4, 1));
}

TEST(OrderTest, RandomGraphsAndWishes) {
  for (int trial = 0; trial < 500; ++trial) {
    PhiloxStream random(trial);
    const int n = 1 + static_cast<int>(random.Below(40));
    std::vector<std::vector<NodeId>> dependencies(n);
    for (int i = 1; i < n; ++i) {
      for (uint64_t k = random.Below(3); k > 0; --k) dependencies[i].push_back(static_cast<NodeId>(random.Below(i)));
    }
    OrderRequest request = Request(dependencies);
    std::vector<OrderWish> wishes(random.Below(8));
    for (OrderWish& wish : wishes) {
      wish.after = static_cast<NodeId>(random.Below(n));
      for (uint64_t k = random.Below(4); k > 0; --k) {
        NodeId before = static_cast<NodeId>(random.Below(n));
        if (before != wish.after) wish.before.push_back(before);
      }
    }
    request.wishes = wishes;
    for (int i = 0; i < n; ++i) request.rank[i] = static_cast<int8_t>(random.Below(10) / 8) - (random.Below(10) == 0);
    OrderResult result = Order(request);
    ASSERT_EQ(result.order.size(), n) << "seed " << trial;
    std::vector<int> position(n, -1);
    for (int p = 0; p < n; ++p) position[result.order[p]] = p;
    for (int i = 0; i < n; ++i) {
      for (NodeId d : dependencies[i]) ASSERT_LT(position[d], position[i]) << "seed " << trial;
    }
    for (size_t w = 0; w < wishes.size(); ++w) {
      if (!result.granted[w]) continue;
      for (NodeId before : wishes[w].before) ASSERT_LT(position[before], position[wishes[w].after]) << "seed " << trial;
    }
  }
}

}  // namespace
}  // namespace weft
