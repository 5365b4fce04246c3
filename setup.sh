#!/bin/bash
# Installs the Debian packages that Weft is built from. Does nothing, quickly and without a network, where they are all there.
set -euo pipefail

packages=(
  # Build.
  g++ bazel-bootstrap bazel-rules-proto bazel-rules-java bazel-skylib bazel-platforms protobuf-compiler
  # Libraries.
  libabsl-dev libprotobuf-dev libxsimd-dev nlohmann-json3-dev zlib1g-dev libzip-dev libcurl4-openssl-dev libssl-dev
  # Tests and benchmarks.
  libgtest-dev libgmock-dev libbenchmark-dev python3
  # Second compiler, sanitizers and fuzzing, formatting.
  clang libclang-rt-14-dev clang-format
  # Plots and graph drawings.
  gnuplot-nox graphviz
)

# Lines "package status" of what is installed; names that dpkg has never heard of are left out.
installed="$(dpkg-query --show --showformat='${binary:Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null |
  sed -n 's/^\([^: ]*\)[^ ]* installed$/\1/p' || true)"
missing=()
for package in "${packages[@]}"; do
  grep -qxF -- "$package" <<<"$installed" || missing+=("$package")
done
((${#missing[@]} > 0)) || exit 0

# Elsewhere the packages have other names or versions: say so rather than change the system.
system="$(. /etc/os-release 2>/dev/null && echo "${ID:-} ${VERSION_ID:-}" || true)"
if [[ "$system" != "debian 12" ]] || ! command -v apt-get >/dev/null; then
  {
    echo "setup.sh: Weft is built from the packages of Debian 12; this system (${system:-unknown}) lacks:"
    printf '%s\n' "${missing[*]}" | fold -s -w 100 | sed 's/^/  /'
    echo "Build in a container instead (see Dockerfile): docker build -t weft . && docker run --rm weft"
  } >&2
  exit 1
fi

echo "setup.sh: installing ${#missing[@]} Debian packages: ${missing[*]}"
as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || {
    echo "setup.sh: installing needs root, and there is no sudo. As root: apt-get install ${missing[*]}" >&2
    exit 1
  }
  as_root=(sudo)
fi
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
run() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1 || {
    cat "$log" >&2
    echo "setup.sh: failed: $*" >&2
    echo "setup.sh: Weft expects Debian 12 (bookworm); see Dockerfile." >&2
    exit 1
  }
}
run apt-get update
run apt-get install --yes --no-install-recommends "${missing[@]}"
