// Status helpers: the macros and constructors that the installed Abseil does not have, under their later names.
//
// Errors are of three kinds: InvalidArgument (the caller's), Unimplemented (a supported thing is missing), Internal
// (ours). Their texts say op, argument, expected, received.
#ifndef WEFT_CORE_STATUS_H_
#define WEFT_CORE_STATUS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace weft {

template <typename... Args>
absl::Status InvalidArgument(const Args&... args) {
  return absl::InvalidArgumentError(absl::StrCat(args...));
}
template <typename... Args>
absl::Status Unimplemented(const Args&... args) {
  return absl::UnimplementedError(absl::StrCat(args...));
}
template <typename... Args>
absl::Status Internal(const Args&... args) {
  return absl::InternalError(absl::StrCat(args...));
}
template <typename... Args>
absl::Status NotFound(const Args&... args) {
  return absl::NotFoundError(absl::StrCat(args...));
}

// The same status with "prefix: " before its message.
absl::Status Annotate(const absl::Status& status, absl::string_view prefix);

}  // namespace weft

#define WEFT_STATUS_CONCAT_INNER(a, b) a##b
#define WEFT_STATUS_CONCAT(a, b) WEFT_STATUS_CONCAT_INNER(a, b)

#define WEFT_RETURN_IF_ERROR(expr)               \
  do {                                           \
    absl::Status weft_status_ = (expr);          \
    if (!weft_status_.ok()) return weft_status_; \
  } while (false)

// WEFT_ASSIGN_OR_RETURN(auto x, F());
#define WEFT_ASSIGN_OR_RETURN(lhs, expr) WEFT_ASSIGN_OR_RETURN_IMPL(WEFT_STATUS_CONCAT(weft_or_, __LINE__), lhs, expr)
#define WEFT_ASSIGN_OR_RETURN_IMPL(tmp, lhs, expr) \
  auto tmp = (expr);                               \
  if (!tmp.ok()) return tmp.status();              \
  lhs = *std::move(tmp)

#endif  // WEFT_CORE_STATUS_H_
