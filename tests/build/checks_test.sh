#!/bin/bash
# Plants faults and sees that the checks of this folder find them, and that they accept what is right.
set -euo pipefail

checks="$PWD/tests/build"
ci="$PWD/.ci"
work="${TEST_TMPDIR:-$(mktemp -d)}"
cd "$work"
failures=0

# expect pass|fail WHAT PATTERN COMMAND...: the command passes or fails, and its output contains the pattern.
expect() {
  local wanted="$1" what="$2" pattern="$3" got=pass output
  shift 3
  output="$("$@" 2>&1)" || got=fail
  if [[ "$got" != "$wanted" ]] || ! grep -qF -- "$pattern" <<<"$output"; then
    echo "FAILED: $what: expected to $wanted with '$pattern', got $got:"
    sed 's/^/    /' <<<"$output"
    failures=$((failures + 1))
  else
    echo "ok: $what"
  fi
}

# put FILE LINE...: writes a file into the tree.
put() {
  mkdir -p "$(dirname "$1")"
  printf '%s\n' "${@:2}" >"$1"
}

# --- layering ---------------------------------------------------------------------------------------------------------------------
layering() { python3 "$checks/layering.py" "$1"; }

put good/core/a.h '#include "absl/status/status.h"' '#include "core/b.h"' '// #include "ops/x.h"'
put good/ops/a.cc '#include "ops/a.h"' '#include "graph/ir/graph.h"' '#include "core/shape.h"'
put good/tests/a.cc '#include "models/layers/dense.h"'
put good/core/BUILD '# see //ops:x' 'load("//ops:isa.bzl", "isa_kernels")' 'package(default_visibility = ["//models:__subpackages__"])' \
  'cc_library(name = "a", deps = ["//core/simd:simd", "@absl//:status"])' 'x = ["//tests/build:nm_check.sh"]' 'package_group(' '    name = "up",' '    packages = ["//models/...", "//tests"],' ')'
expect pass "what is right" "4 files" layering good

put include/core/a.h '#include <string>' '#include "graph/ir/graph.h"'
expect fail "core includes graph" "core/a.h:2: core/ uses 'graph/ir/graph.h'" layering include

put spaced/graph/exec/a.cc '#  include <ops/matmul/matmul.h>'
expect fail "graph includes ops in angle brackets" "graph/exec/a.cc:1" layering spaced

put test/graph/a_test.cc '#include "models/sequential.h"'
expect fail "a test does too" "graph/a_test.cc:1" layering test

put sideways/tools/a.cc '#include "serving/server.h"'
expect fail "tools includes serving" "tools/a.cc:1" layering sideways

put relative/ops/a.cc '#include "../models/model.h"'
expect fail "a relative path" "ops/a.cc:1" layering relative

put label/graph/BUILD 'cc_library(' '    name = "a",' '    deps = [' '        "//ops/matmul",' '    ],' ')'
expect fail "graph depends on ops" "graph/BUILD:4" layering label

# --- nm ---------------------------------------------------------------------------------------------------------------------------
# object NAME TYPE SYMBOL...: an object that defines these symbols.
object() {
  local name="$1" directive="$2" symbol
  shift 2
  for symbol in "$@"; do
    case "$directive" in
      code) printf '.text\n.weak %s\n.type %s,@function\n%s: ret\n' "$symbol" "$symbol" "$symbol" ;;
      data) printf '.data\n.weak %s\n.type %s,@object\n%s: .long 1\n' "$symbol" "$symbol" "$symbol" ;;
      unique) printf '.data\n.type %s,@gnu_unique_object\n%s: .long 1\n.globl %s\n' "$symbol" "$symbol" "$symbol" ;;
      strong) printf '.text\n.globl %s\n.type %s,@function\n%s: ret\n' "$symbol" "$symbol" "$symbol" ;;
    esac
  done >"$name.s"
  as -o "$name.o" "$name.s"
}
nm_check() { "$checks/nm_check.sh" "$@"; }
wide="Avx512,avx512bw"

object tagged code _ZN4weft4simd3AddINS0_6Avx512EEEvPf _ZN5xsimd4sqrtIfNS_8avx512bwEEEvT_
expect pass "weak symbols that name the ISA" "1 files" nm_check --tags "$wide" tagged.o

object strong strong _ZN4weft9AddAvx512EPf _ZN4weft5OtherEv
expect pass "strong symbols are free" "1 files" nm_check --tags "$wide" strong.o

object personality data DW.ref.__gxx_personality_v0
expect pass "the pointer for exception handling" "1 files" nm_check --tags "$wide" personality.o

object untagged code _ZSt3maxIfERKT_S2_S2_
expect fail "a weak function of the standard library" "std::max<float>" nm_check --tags "$wide" untagged.o

object narrower code _ZN5xsimd4sqrtIfNS_4avx2EEEvT_
expect fail "the name of a narrower ISA" "xsimd::sqrt" nm_check --tags "$wide" narrower.o

object part code _ZN4weft9AddAvx512IfEEvT_
expect fail "the tag inside another name" "AddAvx512" nm_check --tags "$wide" part.o

object weak_data data _ZN4weft5tableE
expect fail "weak data" "weft::table" nm_check --tags "$wide" weak_data.o

object unique unique _ZN4weft6uniqueE
expect fail "a unique object" "weft::unique" nm_check --tags "$wide" unique.o

ar rc both.a tagged.o untagged.o
expect fail "one fault in an archive" "std::max<float>" nm_check --tags "$wide" both.a
expect fail "the second of two groups" "tagged.o" nm_check --tags "$wide" tagged.o --tags "Avx2,fma3,avx2" tagged.o
expect fail "nothing to check" "no object" nm_check --tags "$wide"
expect fail "a file that is not there" "none.o" nm_check --tags "$wide" none.o

# --- the counts of .ci/run --------------------------------------------------------------------------------------------------------
count() { python3 "$ci/count_results.py" "$1" logs; }

put logs/core/core_test/test.xml '<testsuites><testsuite><testcase name="a" status="run"/><testcase name="b"><failure message="x"/></testcase>' \
  '<testcase name="c" result="skipped"><skipped message="no data"/></testcase><testcase name="d" status="notrun"/></testsuite></testsuites>'
put logs/core/shell_test/test.xml '<testsuites><testsuite><testcase name="shell_test"/></testsuite></testsuites>'
put logs/ops/sharded_test/shard_1_of_2/test.xml '<testsuites><testcase name="a"/></testsuites>'
put logs/ops/sharded_test/shard_2_of_2/test.xml '<testsuites><testcase name="b"/></testsuites>'
put logs/ops/cut_test/test.xml '<testsuites><testcase name="b">'
put logs/ops/stale_test/test.xml '<testsuites><testcase name="a"/></testsuites>'

put log '//core:core_test    FAILED in 0.1s' '  /some/where/test.log' '//core:shell_test   (cached) PASSED in 0.2s' '//ops:sharded_test  PASSED in 3s'
expect pass "cases passed, failed and skipped" "4 1 2" count log
put log '//core:shell_test   PASSED in 0.2s' '//ops:cut_test  FAILED in 3s' '//ops:lost_test  PASSED in 3s'
expect pass "a result file cut short, and none" "1 2 0" count log
put log '//core:shell_test   PASSED in 0.2s' '//ops:stale_test  FAILED TO BUILD' '//ops:sharded_test  NO STATUS' '//ops:gone_test  TIMEOUT in 60s'
expect pass "results of an earlier run" "1 3 0" count log

((failures == 0)) || exit 1
