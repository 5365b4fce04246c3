#!/usr/bin/env python3
"""Counts test cases:  count_results.py LOG TESTLOGS  prints "passed failed skipped".

LOG is the output of `bazel test`; only the tests it reports are counted, so results left by an earlier run are not. TESTLOGS is the folder of
the result files (`bazel info bazel-testlogs`): each test leaves a test.xml (one a shard) there, with one element a test case. A test that
was not built, or left no result file, counts as one failure.
"""

import glob
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

RESULT = re.compile(r"^//(\S*):(\S+)\s+(?:\(cached\) )?(PASSED|FLAKY|FAILED TO BUILD|FAILED|TIMEOUT|NO STATUS|INCOMPLETE|REMOTE FAILURE)")


def count_file(path):
  """Returns (passed, failed, skipped) of one test.xml."""
  passed = failed = skipped = 0
  for case in ElementTree.parse(path).getroot().iter("testcase"):
    if case.find("failure") is not None or case.find("error") is not None:
      failed += 1
    elif case.find("skipped") is not None or case.get("result") == "skipped" or case.get("status") == "notrun":
      skipped += 1
    else:
      passed += 1
  return passed, failed, skipped


def main():
  with open(sys.argv[1], encoding="utf-8", errors="replace") as log:
    results = {match.group(1, 2): match.group(3) for match in map(RESULT.match, log) if match}
  passed = failed = skipped = 0
  for (package, name), status in sorted(results.items()):
    folder = os.path.join(sys.argv[2], package, name)
    files = glob.glob(os.path.join(folder, "test.xml")) + glob.glob(os.path.join(folder, "shard_*", "test.xml"))
    p = f = s = 0
    if status in ("PASSED", "FLAKY", "FAILED", "TIMEOUT"):
      for file in files:
        try:
          counts = count_file(file)
        except ElementTree.ParseError:  # The test died while it wrote the file.
          counts = (0, 1, 0)
        p, f, s = p + counts[0], f + counts[1], s + counts[2]
    if status in ("PASSED", "FLAKY"):
      f += 0 if files else 1
    else:
      f = max(f, 1)
    passed, failed, skipped = passed + p, failed + f, skipped + s
  print(passed, failed, skipped)


if __name__ == "__main__":
  main()
