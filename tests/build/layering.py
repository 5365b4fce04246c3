#!/usr/bin/env python3
"""Fails if a folder includes, or depends on, a folder that does not stand to its left.

    core <- graph <- ops <- models <- { tests, bench, tools, serving }

Checked are the #include lines of C++ files and the labels in BUILD files (not visibility, package_group or load: they link no code). The folder
tests/build is left out on both sides: it holds the checks of the build, which every folder uses.

Usage: layering.py [ROOT]    Without ROOT: the repository that the WORKSPACE file in the working directory is a link into.
"""

import os
import re
import subprocess
import sys

# Folder -> what it may use besides itself.
LEFT = ["core", "graph", "ops", "models"]
ALLOWED = {folder: set(LEFT[:i]) for i, folder in enumerate(LEFT)}
ALLOWED.update({folder: set(LEFT) for folder in ["tests", "bench", "tools", "serving"]})

INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]')
LABEL = re.compile(r'"(?:@weft)?//([A-Za-z0-9_]+)[/:"]')
NO_CODE = re.compile(r"\b(?:load|package_group)\s*\([^)]*\)", re.DOTALL)
VISIBILITY = re.compile(r'"//[^"]*:__(?:pkg|subpackages)__"')
COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)


def list_files(root):
  """Paths, relative to root, of tracked files; of all files where git does not know the folder."""
  if os.path.exists(os.path.join(root, ".git")):
    git = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, check=False)
    if git.returncode == 0:
      return [f for f in git.stdout.decode().split("\0") if f and os.path.isfile(os.path.join(root, f))]
  files = []
  for folder, subfolders, names in os.walk(root):
    subfolders[:] = [s for s in subfolders if not s.startswith((".", "bazel-"))]
    files += [os.path.relpath(os.path.join(folder, name), root) for name in names]
  return files


def used_by_source(text):
  """Yields (line number, what was written, top folder) of each include of ours; the folder is None for a relative path."""
  for number, line in enumerate(text.splitlines(), 1):
    match = INCLUDE.match(line)
    if not match:
      continue
    path = match.group(1)
    if path.startswith("."):
      yield number, path, None
    elif path.split("/")[0] in ALLOWED and "/" in path:
      yield number, path, path.split("/")[0]


def blank(match):
  return re.sub(r"[^\n]", " ", match.group(0))


def used_by_build(text):
  """Yields (line number, what was written, top folder) of each label into another top folder."""
  for pattern in (COMMENT, NO_CODE, VISIBILITY):
    text = pattern.sub(blank, text)
  for number, line in enumerate(text.splitlines(), 1):
    for match in LABEL.finditer(line):
      if match.group(1) in ALLOWED and not line[match.start():].lstrip('"').startswith("//tests/build"):
        yield number, match.group(0).rstrip('"') + "...", match.group(1)


def check(root):
  """Returns (faults, number of files read)."""
  faults = []
  read = 0
  for path in sorted(list_files(root)):
    folder = path.split(os.sep)[0]
    name = os.path.basename(path)
    if folder not in ALLOWED or path.startswith(os.path.join("tests", "build") + os.sep):
      continue
    if name.endswith((".cc", ".h", ".inc")):
      used_by = used_by_source
    elif name in ("BUILD", "BUILD.bazel"):
      used_by = used_by_build
    else:
      continue
    read += 1
    with open(os.path.join(root, path), encoding="utf-8") as file:
      text = file.read()
    for number, what, used in used_by(text):
      if used is None:
        faults.append(f"{path}:{number}: '{what}': write include paths from the root of the repository")
      elif used != folder and used not in ALLOWED[folder]:
        faults.append(f"{path}:{number}: {folder}/ uses '{what}', but {used}/ does not stand to its left")
  return faults, read


def main():
  root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.realpath("WORKSPACE"))
  faults, read = check(root)
  for fault in faults:
    print(fault)
  if faults:
    print("The order is: core <- graph <- ops <- models <- { tests, bench, tools, serving }")
    return 1
  print(f"{read} files: every folder uses only what stands to its left.")
  return 0


if __name__ == "__main__":
  sys.exit(main())
