// How much memory and time a piece of code takes, for tests of what hostile input may cost.
#ifndef WEFT_GRAPH_TEXT_TESTING_PEAK_MEMORY_H_
#define WEFT_GRAPH_TEXT_TESTING_PEAK_MEMORY_H_

#include <cstdint>
#include <functional>

namespace weft {

// Runs `run` in a child process and returns by how many bytes its resident memory grew at most; -1 if it crashed. (The
// sanitizers keep freed memory and shadow it: there the number says little, and 0 is returned if it did not crash.)
int64_t PeakMemoryGrowth(const std::function<void()>& run);

// Of processor time, which does not depend on what else the machine does; divided by what the sanitizers cost.
double CpuSeconds(const std::function<void()>& run);

}  // namespace weft

#endif  // WEFT_GRAPH_TEXT_TESTING_PEAK_MEMORY_H_
