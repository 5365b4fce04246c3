#include "models/data/digits.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/philox.h"
#include "core/status.h"

namespace weft {
namespace {

constexpr int kSide = 28;

struct Point {
  float x, y;  // in the unit square, y down
};

// A pen stroke: an arc of an ellipse (angles in degrees, clockwise from the right, y down), or a line where rx < 0.
struct Stroke {
  float x, y, rx, ry, from, to;  // a line: (x, y) to (ry, from)
};
constexpr Stroke Line(float x0, float y0, float x1, float y1) { return {x0, y0, -1, x1, y1, 0}; }

// Two ways to write each digit.
const std::vector<std::vector<std::vector<Stroke>>>& Glyphs() {
  static const auto* glyphs = new std::vector<std::vector<std::vector<Stroke>>>{
      {{{.5f, .5f, .28f, .38f, 0, 360}}, {{.5f, .5f, .20f, .40f, -60, 290}}},
      {{Line(.5f, .1f, .5f, .9f)}, {Line(.34f, .28f, .54f, .1f), Line(.54f, .1f, .5f, .9f)}},
      {{{.5f, .32f, .25f, .22f, 180, 400}, Line(.68f, .46f, .24f, .88f), Line(.24f, .88f, .78f, .88f)},
       {{.5f, .3f, .24f, .2f, 200, 430},
        {.34f, .8f, .12f, .1f, 0, 360},
        Line(.56f, .52f, .3f, .72f),
        Line(.42f, .84f, .8f, .9f)}},
      {{{.48f, .3f, .22f, .2f, 200, 450}, {.48f, .7f, .26f, .2f, 270, 510}},
       {Line(.26f, .12f, .72f, .12f), Line(.72f, .12f, .46f, .44f), {.46f, .67f, .26f, .23f, 270, 510}}},
      {{Line(.62f, .1f, .22f, .62f), Line(.22f, .62f, .82f, .62f), Line(.64f, .36f, .64f, .92f)},
       {Line(.28f, .12f, .26f, .52f), Line(.26f, .52f, .74f, .52f), Line(.74f, .1f, .72f, .92f)}},
      {{Line(.74f, .12f, .34f, .12f), Line(.34f, .12f, .3f, .46f), {.46f, .66f, .26f, .23f, 230, 500}},
       {Line(.7f, .14f, .36f, .16f), Line(.36f, .16f, .34f, .5f), {.5f, .68f, .22f, .2f, 220, 480}}},
      {{{.62f, .5f, .34f, .42f, 170, 270}, {.5f, .68f, .22f, .2f, 0, 360}, Line(.28f, .5f, .28f, .68f)},
       {Line(.58f, .08f, .32f, .58f), {.5f, .7f, .2f, .19f, 0, 360}}},
      {{Line(.22f, .14f, .78f, .14f), Line(.78f, .14f, .42f, .9f)},
       {Line(.22f, .16f, .76f, .12f), Line(.76f, .12f, .46f, .9f), Line(.38f, .5f, .76f, .5f)}},
      {{{.5f, .3f, .2f, .19f, 0, 360}, {.5f, .7f, .24f, .2f, 0, 360}},
       {{.52f, .28f, .17f, .17f, 0, 360}, {.48f, .7f, .2f, .22f, 0, 360}}},
      {{{.48f, .32f, .22f, .2f, 0, 360}, Line(.7f, .32f, .64f, .92f)},
       {{.5f, .3f, .2f, .2f, 0, 360}, {.36f, .5f, .34f, .42f, -25, 80}}},
  };
  return *glyphs;
}

constexpr int kArcSteps = 14;

class Pen {
 public:
  explicit Pen(PhiloxStream& random) : random_(random) {
    float angle = Between(-.26f, .26f), shear = Between(-.35f, .35f);
    float sx = Between(.62f, 1.0f), sy = Between(.7f, 1.0f);
    a_ = std::cos(angle) * sx, b_ = (shear * std::cos(angle) - std::sin(angle)) * sy;
    c_ = std::sin(angle) * sx, d_ = (shear * std::sin(angle) + std::cos(angle)) * sy;
    dx_ = Between(-.13f, .13f), dy_ = Between(-.11f, .11f);
    for (float& w : wave_) w = Between(-1, 1);
    thickness_ = Between(.8f, 1.9f);
    ink_ = Between(170, 255);
  }

  void Draw(const Stroke& stroke, float* image) {
    Point last{};
    for (int i = 0; i <= kArcSteps; ++i) {
      float t = static_cast<float>(i) / kArcSteps;
      Point p{};
      if (stroke.rx < 0) {
        p = {stroke.x + t * (stroke.ry - stroke.x), stroke.y + t * (stroke.from - stroke.y)};
      } else {
        float radians = (stroke.from + t * (stroke.to - stroke.from)) * 0.017453293f;
        p = {stroke.x + stroke.rx * std::cos(radians), stroke.y + stroke.ry * std::sin(radians)};
      }
      p = Distort(p);
      if (i > 0) Segment(last, p, image);
      last = p;
    }
  }

 private:
  float Between(float low, float high) { return low + (high - low) * static_cast<float>(random_.Uniform()); }

  // Elastic first (slow waves), then affine about the centre; the result is in pixels.
  Point Distort(Point p) const {
    float u = p.x + .05f * wave_[0] * std::sin(6.3f * p.y + 3 * wave_[1]) +
              .03f * wave_[2] * std::sin(11 * p.y + 3 * wave_[3]);
    float v = p.y + .05f * wave_[4] * std::sin(6.3f * p.x + 3 * wave_[5]) +
              .03f * wave_[6] * std::sin(11 * p.x + 3 * wave_[7]);
    u -= .5f, v -= .5f;
    return {(a_ * u + b_ * v + .5f + dx_) * (kSide - 8) + 4, (c_ * u + d_ * v + .5f + dy_) * (kSide - 8) + 4};
  }

  void Segment(Point p, Point q, float* image) const {
    const float reach = thickness_ + 1;
    int x0 = Clamp(std::min(p.x, q.x) - reach), x1 = Clamp(std::max(p.x, q.x) + reach + 1);
    int y0 = Clamp(std::min(p.y, q.y) - reach), y1 = Clamp(std::max(p.y, q.y) + reach + 1);
    float ex = q.x - p.x, ey = q.y - p.y, length2 = ex * ex + ey * ey + 1e-6f;
    for (int y = y0; y < y1; ++y) {
      for (int x = x0; x < x1; ++x) {
        float px = static_cast<float>(x) + .5f - p.x, py = static_cast<float>(y) + .5f - p.y;
        float t = std::clamp((px * ex + py * ey) / length2, 0.0f, 1.0f);
        float hx = px - t * ex, hy = py - t * ey;
        float cover = thickness_ + .5f - std::sqrt(hx * hx + hy * hy);
        float value = ink_ * std::clamp(cover, 0.0f, 1.0f);
        image[y * kSide + x] = std::max(image[y * kSide + x], value);
      }
    }
  }

  static int Clamp(float v) { return std::clamp(static_cast<int>(v), 0, kSide); }

  PhiloxStream& random_;
  float a_, b_, c_, d_, dx_, dy_, thickness_, ink_;
  float wave_[8];
};

}  // namespace

absl::StatusOr<Digits> DrawDigits(int64_t count, uint64_t seed) {
  Digits digits;
  WEFT_ASSIGN_OR_RETURN(digits.images, Tensor::Create(DType::kUInt8, {count, kSide, kSide}));
  WEFT_ASSIGN_OR_RETURN(digits.labels, Tensor::Create(DType::kUInt8, {count}));
  absl::Span<uint8_t> images = digits.images.mutable_data<uint8_t>(), labels = digits.labels.mutable_data<uint8_t>();
  std::vector<float> image(kSide * kSide);
  for (int64_t i = 0; i < count; ++i) {
    PhiloxStream random(seed, static_cast<uint64_t>(i));
    auto digit = static_cast<size_t>(random.Below(10));
    std::fill(image.begin(), image.end(), 0.0f);
    const auto& ways = Glyphs()[digit];
    const std::vector<Stroke>& way = ways[random.Below(ways.size())];
    Pen pen(random);
    for (const Stroke& stroke : way) pen.Draw(stroke, image.data());
    // Now and then a speck that belongs to no digit.
    if (random.Below(4) == 0) {
      auto x = static_cast<float>(random.Uniform()), y = static_cast<float>(random.Uniform());
      pen.Draw(Line(x, y, x + .08f, y + .06f), image.data());
    }
    uint8_t* out = images.data() + i * kSide * kSide;
    for (int k = 0; k < kSide * kSide; k += 4) {
      // Four noise bytes a word: +-12 grey levels on the ink, little on the paper.
      uint32_t noise = random.Next32();
      for (int j = 0; j < 4; ++j) {
        float grain = static_cast<float>(noise >> (8 * j) & 0xff) / 255.0f - .5f;
        float value = image[k + j] + grain * (image[k + j] > 0 ? 24.0f : 6.0f);
        out[k + j] = static_cast<uint8_t>(std::clamp(value, 0.0f, 255.0f));
      }
    }
    labels[i] = static_cast<uint8_t>(digit);
  }
  return digits;
}

}  // namespace weft
