#!/bin/bash
# Fails if an object compiled for one instruction set defines a weak symbol that does not name this instruction set.
#
# The linker keeps one copy of a weak symbol. A template instantiated in an AVX-512 file under a name that says nothing of AVX-512 may
# therefore replace the portable copy, and the program dies on a CPU without AVX-512. See docs of //ops:isa.bzl.
#
# Usage: nm_check.sh {--tags NAME[,NAME...] OBJECT_OR_ARCHIVE...}...
#   Each group of files is held to the tags before it. A tag is a class name; in a mangled name it stands behind its length (6Avx512).
set -euo pipefail

tags=""
checked=0
faults=0
pattern=""
while (($#)); do
  case "$1" in
    --tags)
      pattern=""
      IFS=, read -r -a tags <<<"$2"
      for tag in "${tags[@]}"; do pattern+="${pattern:+|}(^|[^0-9])${#tag}${tag}"; done
      shift 2
      ;;
    *)
      [[ -n "$pattern" ]] || { echo "nm_check: no --tags before $1" >&2; exit 2; }
      listing="$(nm --defined-only --format=posix "$1")"
      # Posix format: name, type, value, size. Weak kinds: W and w, V and v, and u (unique global).
      # DW.ref.* is a pointer for exception handling: data, the same in every object.
      bad="$(awk '$2 ~ /^[WwVvu]$/ { print $1 }' <<<"$listing" | grep -Ev "$pattern|^DW\.ref\." | sort -u || true)"
      if [[ -n "$bad" ]]; then
        echo "$(basename "$1"): weak symbols that name none of: ${tags[*]}"
        c++filt <<<"$bad" | sed 's/^/    /'
        faults=$((faults + 1))
      fi
      checked=$((checked + 1))
      shift
      ;;
  esac
done
((checked > 0)) || { echo "nm_check: no object given" >&2; exit 2; }
if ((faults > 0)); then
  echo "Make these functions templates over the arch tag, or static, or always_inline."
  exit 1
fi
echo "$checked files: every weak symbol names its instruction set."
