// Matchers and assertions for absl::Status and absl::StatusOr, under the names that later Abseils give them. They are
// in namespace weft itself: a namespace weft::testing would hide ::testing from the tests.
#ifndef WEFT_CORE_TESTING_STATUS_MATCHERS_H_
#define WEFT_CORE_TESTING_STATUS_MATCHERS_H_

#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weft {
namespace status_matchers_internal {

inline const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& status_or) {
  return status_or.status();
}

class IsOkMatcher {
 public:
  template <typename S>
  bool MatchAndExplain(const S& actual, ::testing::MatchResultListener* listener) const {
    const absl::Status& status = StatusOf(actual);
    if (!status.ok()) *listener << "which is " << status.ToString();
    return status.ok();
  }
  void DescribeTo(std::ostream* os) const { *os << "is OK"; }
  void DescribeNegationTo(std::ostream* os) const { *os << "is not OK"; }
};

class StatusIsMatcher {
 public:
  StatusIsMatcher(absl::StatusCode code, ::testing::Matcher<std::string> message)
      : code_(code), message_(std::move(message)) {}
  template <typename S>
  bool MatchAndExplain(const S& actual, ::testing::MatchResultListener* listener) const {
    const absl::Status& status = StatusOf(actual);
    *listener << "which is " << status.ToString();
    return status.code() == code_ && message_.Matches(std::string(status.message()));
  }
  void DescribeTo(std::ostream* os) const {
    *os << "has code " << absl::StatusCodeToString(code_) << " and a message that ";
    message_.DescribeTo(os);
  }
  void DescribeNegationTo(std::ostream* os) const {
    *os << "does not have code " << absl::StatusCodeToString(code_) << " and a message that ";
    message_.DescribeTo(os);
  }

 private:
  absl::StatusCode code_;
  ::testing::Matcher<std::string> message_;
};

// Converts to a matcher of the StatusOr it is used on: only there is the value's type known.
template <typename Inner>
class IsOkAndHoldsMatcher {
 public:
  explicit IsOkAndHoldsMatcher(Inner inner) : inner_(std::move(inner)) {}
  template <typename StatusOr>
  operator ::testing::Matcher<StatusOr>() const {  // NOLINT: implicit, as gmock's own
    return ::testing::Matcher<StatusOr>(new Impl<StatusOr>(inner_));
  }

 private:
  template <typename StatusOr>
  class Impl : public ::testing::MatcherInterface<StatusOr> {
   public:
    using Value = typename std::decay_t<StatusOr>::value_type;
    explicit Impl(const Inner& inner) : inner_(::testing::SafeMatcherCast<const Value&>(inner)) {}
    bool MatchAndExplain(StatusOr actual, ::testing::MatchResultListener* listener) const override {
      if (!actual.ok()) {
        *listener << "which is " << actual.status().ToString();
        return false;
      }
      return ::testing::ExplainMatchResult(inner_, *actual, listener);
    }
    void DescribeTo(std::ostream* os) const override {
      *os << "is OK and has a value that ";
      inner_.DescribeTo(os);
    }
    void DescribeNegationTo(std::ostream* os) const override {
      *os << "is not OK or has a value that ";
      inner_.DescribeNegationTo(os);
    }

   private:
    ::testing::Matcher<const Value&> inner_;
  };
  Inner inner_;
};

}  // namespace status_matchers_internal

// EXPECT_THAT(F(), IsOk()), of a Status or a StatusOr.
inline auto IsOk() { return ::testing::MakePolymorphicMatcher(status_matchers_internal::IsOkMatcher()); }

// EXPECT_THAT(F(), IsOkAndHolds(ElementsAre(1, 2))), of a StatusOr.
template <typename Inner>
auto IsOkAndHolds(Inner inner) {
  return status_matchers_internal::IsOkAndHoldsMatcher<Inner>(std::move(inner));
}

// EXPECT_THAT(F(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("dim"))), of a Status or a StatusOr.
inline auto StatusIs(absl::StatusCode code, ::testing::Matcher<std::string> message) {
  return ::testing::MakePolymorphicMatcher(status_matchers_internal::StatusIsMatcher(code, std::move(message)));
}
inline auto StatusIs(absl::StatusCode code) { return StatusIs(code, ::testing::A<std::string>()); }

}  // namespace weft

#define WEFT_EXPECT_OK(expr) EXPECT_THAT(expr, ::weft::IsOk())
#define WEFT_ASSERT_OK(expr) ASSERT_THAT(expr, ::weft::IsOk())

// WEFT_ASSERT_OK_AND_ASSIGN(auto x, F());
#define WEFT_ASSERT_OK_AND_ASSIGN(lhs, ...) \
  WEFT_ASSERT_OK_AND_ASSIGN_IMPL(WEFT_STATUS_CONCAT(weft_or_, __LINE__), lhs, (__VA_ARGS__))
#define WEFT_ASSERT_OK_AND_ASSIGN_IMPL(tmp, lhs, expr) \
  auto tmp = expr;                                     \
  ASSERT_TRUE(tmp.ok()) << tmp.status().ToString();    \
  lhs = *std::move(tmp)

#endif  // WEFT_CORE_TESTING_STATUS_MATCHERS_H_
