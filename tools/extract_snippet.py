#!/usr/bin/env python3
"""Prints the code block ```cpp name=NAME of a Markdown file: extract_snippet.py FILE NAME. So the code in documents is compiled by tests."""
import sys

path, name = sys.argv[1:3]
lines = open(path, encoding="utf-8").read().split("\n")
fence = "```cpp name=" + name
if lines.count(fence) != 1:
    sys.exit(f"{path}: expected one block '{fence}', found {lines.count(fence)}")
start = lines.index(fence) + 1
end = lines.index("```", start)
print("\n".join(lines[start:end]))
