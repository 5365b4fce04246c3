#include "graph/text/testing/peak_memory.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ctime>

namespace weft {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

int64_t PeakBytes() {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;
}

}  // namespace

int64_t PeakMemoryGrowth(const std::function<void()>& run) {
  int ends[2];
  if (pipe(ends) != 0) return -1;
  const pid_t child = fork();
  if (child == 0) {
    const int64_t before = PeakBytes();
    run();
    const int64_t growth = kSanitized ? 0 : PeakBytes() - before;
    _exit(write(ends[1], &growth, sizeof(growth)) == sizeof(growth) ? 0 : 1);
  }
  close(ends[1]);
  int64_t growth = -1;
  if (child < 0 || read(ends[0], &growth, sizeof(growth)) != sizeof(growth)) growth = -1;
  close(ends[0]);
  int status = 0;
  if (child >= 0) waitpid(child, &status, 0);
  return status == 0 ? growth : -1;
}

double CpuSeconds(const std::function<void()>& run) {
  const std::clock_t begin = std::clock();
  run();
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC / (kSanitized ? 20 : 1);
}

}  // namespace weft
