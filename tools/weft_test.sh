#!/bin/bash
# Runs `weft` on a module that //models:mnist saved: every stage and format, and what it says to mistakes.
set -euo pipefail

mnist="$PWD/models/mnist" weft="$PWD/tools/weft"
work="${TEST_TMPDIR:-$(mktemp -d)}/weft_test"
mkdir -p "$work/data" && cd "$work"
unset WEFT_DATA_DIR BUILD_WORKING_DIRECTORY
failures=0

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# says PATTERN ARGUMENT...: succeeds, and standard output holds the pattern.
says() {
  local pattern="$1"
  shift
  "$weft" "$@" >out 2>err || fail "$*: $(cat err)"
  grep -qF -- "$pattern" out || fail "$*: expected '$pattern', got: $(head -c 500 out)"
}

# refused PATTERN ARGUMENT...: one line on standard error that holds the pattern, exit code 1, no output.
refused() {
  local pattern="$1" code=0
  shift
  "$weft" "$@" >out 2>err || code=$?
  if ((code != 1)) || (($(wc -l <err) != 1)) || ! grep -qF -- "$pattern" err || [[ -s out ]]; then
    fail "$*: expected exit code 1 and one line with '$pattern', got $code: $(head -c 500 err)"
  fi
}

for part in train t10k; do  # one image each
  (printf '\0\0\10\3\0\0\0\1\0\0\0\34\0\0\0\34' && head -c 784 /dev/zero) >"data/$part-images-idx3-ubyte"
  printf '\0\0\10\1\0\0\0\1\3' >"data/$part-labels-idx1-ubyte"
done
"$mnist" --data_dir=data --epochs=1 --save_dir=model --verbose=0
"$mnist" --data_dir=data --epochs=1 --save_dir=model.zip --verbose=0

for file in model model/module.weft model.zip; do says "dense/kernel" inspect "$file"; done
says "matmul" inspect model --function=predict --format=text
says "matmul_epilogue" inspect model --function=predict --format=text --stage=optimized
says "f32[7,784]" inspect model --function=predict --format=text --stage=planned --batch=7 --threads=1 --isa=baseline
for stage in recorded optimized planned; do
  says "train_step" inspect model --stage="$stage"
  "$weft" inspect model --stage="$stage" --format=json | python3 -c 'import json, sys; json.load(sys.stdin)' || fail "$stage: no JSON"
done
says 'digraph "predict"' inspect model --function=predict --format=dot --stage=optimized
says "fuse/epilogue in predict" explain model --function=predict

# Layouts are decided for the whole module; they are explained with each function, under a heading of their own.
says "all functions:" explain model
# Who asks for help and gets it has made no error.
says "--stage (default: recorded)" --help
says "weft inspect FILE" -h
says "what the optimizer did" explain --help
says "layout/panels64: dense/kernel" explain model --function=predict
! grep -qx ':' out || fail "explain: a heading without a name"

refused "usage: weft inspect FILE"
refused "the module has evaluate, init, predict, reset_metrics, train_step" inspect model --function=foresee
refused "recorded, optimized and planned" inspect model --stage=cooked
refused "summary, text, json and dot" inspect model --format=yaml
refused "a plan is summary, text or json" inspect model --stage=planned --format=dot
refused "--threads must be 0" inspect model --stage=planned --threads=-1
refused "dim batch is -5" inspect model --stage=planned --batch=-5
refused "loading nowhere" inspect nowhere
refused "no zip archive" inspect data/train-labels-idx1-ubyte
head -c 1000 model.zip >half.zip
refused "loading half.zip" inspect half.zip
head -c 1000 model/module.weft >half.weft
refused "loading half.weft" inspect half.weft

# Output that is lost is an error.
if "$weft" inspect model >/dev/full 2>err || ! grep -qF "cannot write to standard output" err; then fail "a full disk goes unnoticed"; fi

((failures == 0)) && echo "passed"
