// The comparison as a picture.
#ifndef WEFT_BENCH_REPORT_SVG_H_
#define WEFT_BENCH_REPORT_SVG_H_

#include <string>

#include "bench/report_lines.h"

namespace weft {

// One panel a comparison, works going down and thread counts across; with a single thread count the panels stand in two
// columns. Bars show speed, so longer is faster, relative to the fastest peer, where a dashed line stands. The
// background is drawn, so that the picture reads the same in light and dark viewers. The same report gives the same
// bytes.
std::string DrawSvg(const Report& report);

}  // namespace weft

#endif  // WEFT_BENCH_REPORT_SVG_H_
