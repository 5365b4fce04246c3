#!/bin/bash
# Formats all C++ files of the repository (style: .clang-format).
# Usage: tools/format.sh [--check] [FILE...]    --check changes nothing and fails if a file is not formatted.
set -euo pipefail

root="$(cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/.." && pwd)"
mode=(-i)
if [[ "${1:-}" == --check ]]; then
  mode=(--dry-run -Werror)
  shift
fi
command -v clang-format >/dev/null || { echo "format.sh: clang-format is missing; run setup.sh" >&2; exit 1; }

# The tracked files; all files where there is no usable git repository (an unpacked archive, a container).
list_files() {
  cd "$root"
  git ls-files -z -- '*.cc' '*.h' 2>/dev/null || find . \( -name 'bazel-*' -o -name '.?*' \) -prune -o \( -name '*.cc' -o -name '*.h' \) -type f -print0
}

cd "$root"
if (($# > 0)); then
  printf '%s\0' "$@"
else
  list_files
fi | while IFS= read -r -d '' file; do [[ ! -f "$file" ]] || printf '%s\0' "$file"; done |
  xargs -0 --no-run-if-empty -n 16 -P "$(nproc)" clang-format --style=file "${mode[@]}" || {
  echo "format.sh: run tools/format.sh" >&2
  exit 1
}
