#!/bin/bash
# Runs //models:mnist on small files: what is wrong is one clear error, exit code 1, and nothing left behind.
set -euo pipefail

mnist="$PWD/models/mnist"
work="${TEST_TMPDIR:-$(mktemp -d)}/mnist_test"
mkdir -p "$work" && cd "$work"
export HOME="$work/home"
unset WEFT_DATA_DIR BUILD_WORKING_DIRECTORY
failures=0

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# refused PATTERN ARGUMENT...: one line on standard error that holds the pattern, exit code 1, nothing saved.
refused() {
  local pattern="$1" code=0
  shift
  rm -rf saved report.json
  "$mnist" --data_dir=good --epochs=1 --save_dir=saved --report=report.json "$@" >out 2>err || code=$?
  if ((code != 1)) || (($(wc -l <err) != 1)) || ! grep -qF -- "$pattern" err; then
    fail "$*: expected exit code 1 and one line with '$pattern', got $code: $(cat err)"
  fi
  # Nothing was trained for an error that could be known before.
  if grep -q '^test:' out; then fail "$*: found only after training"; fi
  if [[ -e saved || -e report.json ]]; then fail "$*: left a file behind"; fi
}

# Eight training and two test images of one grey, all of digit 3.
mkdir -p good
images() { printf '\0\0\10\3\0\0\0\'"$1"'\0\0\0\34\0\0\0\34' && head -c "$((8#$1 * 784))" /dev/zero; }
labels() { printf '\0\0\10\1\0\0\0\'"$1" && printf '\3%.0s' $(seq "$((8#$1))"); }
images 10 >good/train-images-idx3-ubyte
labels 10 >good/train-labels-idx1-ubyte
images 2 | gzip >good/t10k-images-idx3-ubyte.gz
labels 2 >good/t10k-labels-idx1-ubyte

"$mnist" --data_dir=good --epochs=2 --save_dir=deep/down/model --report=report.json --threads=1 >out || fail "the good files are refused"
[[ -f deep/down/model/module.weft ]] || fail "nothing saved"
grep -qF "inspect $work/deep/down/model" out || fail "it does not say how to look at the module: $(cat out)"
hash="$(grep weights_hash report.json)"
"$mnist" --data_dir=good --epochs=2 --save_dir= --report=report.json --threads=2 --isa=baseline --verbose=0 >out
[[ "$(grep weights_hash report.json)" == "$hash" ]] || fail "other bits with two threads and the baseline"
[[ ! -s out ]] || fail "--verbose=0 speaks: $(cat out)"

# Paths that cannot be written are found before the training.
echo precious >file
refused "--save_dir: file is not a folder" --save_dir=file
refused "--save_dir: file is not a folder" --save_dir=file/below
refused "--save_dir: file is not a folder" --save_dir=file/model.zip
refused "--report: nowhere is not a folder" --report=nowhere/report.json
refused "--report: good is a folder" --report=good
if ((EUID != 0)); then
  mkdir -p locked && chmod 555 locked
  refused "--save_dir: locked" --save_dir=locked/model
  refused "--report: locked" --report=locked/report.json
fi
[[ "$(cat file)" == precious ]] || fail "a file was overwritten"

# Flags.
refused "--epochs must be at least 1" --epochs=0
refused "--batch_size must be at least 1" --batch_size=0
refused "expected baseline, avx2 or avx512" --isa=sse
refused "threads must be" --threads=-1
refused "unexpected argument 'epochs=3'" epochs=3
refused "Unknown command line flag 'epoch'" --epoch=3

# Data.
bad() {  # bad FILE: a copy of the good files without this one, whose new contents come on standard input
  rm -rf bad && cp -r good bad && rm -f "bad/${1%.gz}" "bad/${1%.gz}.gz" && cat >"bad/$1"
}
refused "there is no MNIST in nowhere" --data_dir=nowhere
gzip <good/train-images-idx3-ubyte | head -c 30 | bad train-images-idx3-ubyte.gz
refused "bad/train-images-idx3-ubyte.gz: the gzip file is truncated" --data_dir=bad
bad train-images-idx3-ubyte <good/train-labels-idx1-ubyte
refused "expected magic 0x00000803 (IDX images), found 0x00000801" --data_dir=bad
(head -c 10 good/train-labels-idx1-ubyte && printf '\12\3\3\3\3\3') | bad train-labels-idx1-ubyte
refused "bad/train-labels-idx1-ubyte: label 10 of sample 2" --data_dir=bad
# Who asks for help and gets it has made no error.
"$mnist" --epochs=0 --help >out 2>err || fail "--help: exit code $?"
grep -qF -- "--epochs" out && grep -qF "handwritten digits" out && [[ ! -s err ]] || fail "--help: $(cat out err)"
mkdir -p csv
row() { printf '%s' "$1" && printf ',0%.0s' $(seq "$2") && echo; }
row 3 784 >csv/mnist_test.csv
(row 1 784 && row 2 783) >csv/mnist_train.csv
refused "csv/mnist_train.csv, line 2: 784 fields, expected 785" --data_dir=csv

((failures == 0)) && echo "passed"
