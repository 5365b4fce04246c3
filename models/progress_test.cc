#include "models/progress.h"

#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weft {
namespace {

// A sink that keeps everything, and a clock that tests set.
struct Recorder {
  std::string text;
  double now = 100;
  Progress Make(Progress::Style style) {
    return Progress(
        style, [this](absl::string_view part) { text += std::string(part); }, [this] { return now; });
  }
};

// With escape sequences readable.
std::string Plain(std::string text) {
  return absl::StrReplaceAll(text, {{"\x1b[1m", "<b>"}, {"\x1b[0m", "</>"}, {"\x1b[32m", "<g>"}, {"\x1b[37m", "<w>"}});
}

TEST(Progress, LinePerEpoch) {
  Recorder recorder;
  Progress progress = recorder.Make(Progress::Style::kLinePerEpoch);
  progress.BeginEpoch(1, 8, 938);
  for (int step = 1; step <= 938; ++step) {
    recorder.now += step == 1 ? 1 : 0.002;
    progress.Step(step, []() -> Logs {
      ADD_FAILURE() << "nobody asked";
      return {};
    });
  }
  progress.EndEpoch({{"loss", 0.38657}, {"accuracy", 0.88663}, {"val_loss", 0.00001234}});
  EXPECT_EQ(recorder.text,
            "Epoch 2/8\n938/938 - 3s - 2ms/step - accuracy: 0.8866 - loss: 0.3866 - val_loss: 1.2340e-05\n");
}

TEST(Progress, OneEpochHasNoTitle) {
  Recorder recorder;
  Progress progress = recorder.Make(Progress::Style::kLinePerEpoch);
  progress.BeginEpoch(0, 1, 1);
  progress.EndEpoch({{"loss", 1}});
  EXPECT_EQ(recorder.text, "1/1 - 0s - 0s/step - loss: 1.0000\n");
}

TEST(Progress, Bar) {
  Recorder recorder;
  Progress progress = recorder.Make(Progress::Style::kBar);
  progress.BeginEpoch(0, 2, 40);
  EXPECT_EQ(recorder.text, "Epoch 1/2\n");
  recorder.text.clear();
  recorder.now += 0.04;
  progress.Step(1, [] { return Logs{{"loss", 0.5}}; });
  EXPECT_EQ(Plain(recorder.text), "\r<b> 1/40</> <w>━━━━━━━━━━━━━━━━━━━━</> <b>1s</> 40ms/step - loss: 0.5000");
  recorder.text.clear();
  recorder.now += 0.04;  // too soon for another one
  progress.Step(2, [] { return Logs{{"loss", 0.5}}; });
  EXPECT_EQ(recorder.text, "");
  recorder.now += 0.04;
  progress.Step(30, [] { return Logs{{"l", 0.5}}; });
  EXPECT_EQ(Plain(recorder.text), "\r<b>30/40</> <g>━━━━━━━━━━━━━━━</><w>━━━━━</> <b>0s</> 3ms/step - l: 0.5000    ")
      << "blanks over what stood there";
  recorder.text.clear();
  recorder.now += 9;
  progress.EndEpoch({{"loss", 0.25}, {"val_loss", 2}});
  EXPECT_EQ(Plain(recorder.text),
            "\r<b>40/40</> <g>━━━━━━━━━━━━━━━━━━━━</><w></> <b>9s</> 233ms/step - loss: 0.2500 - val_loss: 2.0000\n");
}

TEST(Progress, RemainingTime) {
  Recorder recorder;
  Progress progress = recorder.Make(Progress::Style::kBar);
  progress.BeginEpoch(0, 1, 1000);
  recorder.now += 5;
  progress.Step(1, [] { return Logs(); });
  EXPECT_THAT(Plain(recorder.text), ::testing::HasSubstr("<b>1:23:15</> 5s/step"));
  recorder.now += 1;
  progress.Step(900, [] { return Logs(); });
  progress.Break();
  EXPECT_EQ(recorder.text.back(), '\n');
}

TEST(Progress, Silent) {
  Recorder recorder;
  Progress progress = recorder.Make(Progress::Style::kSilent);
  progress.BeginEpoch(0, 3, 2);
  progress.Step(1, [] { return Logs(); });
  progress.EndEpoch({{"loss", 1}});
  progress.Break();
  EXPECT_EQ(recorder.text, "");
}

TEST(Progress, Styles) {
  const Progress::Sink sink = [](absl::string_view) {};
  EXPECT_EQ(Progress::ChooseStyle(0, sink), Progress::Style::kSilent);
  EXPECT_EQ(Progress::ChooseStyle(1, sink), Progress::Style::kBar);
  EXPECT_EQ(Progress::ChooseStyle(2, sink), Progress::Style::kLinePerEpoch);
  EXPECT_EQ(Progress::ChooseStyle(-1, sink), Progress::Style::kLinePerEpoch);
}

}  // namespace
}  // namespace weft
