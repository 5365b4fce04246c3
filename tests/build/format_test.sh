#!/bin/bash
# Fails if a tracked C++ file is not formatted. Finds the repository through the WORKSPACE file among its data, a symbolic link.
set -euo pipefail
root="$(dirname "$(realpath WORKSPACE)")"
exec "$root/tools/format.sh" --check
