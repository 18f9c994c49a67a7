#!/usr/bin/env python3
"""same_text.py EXPECTED ACTUAL: whether a program printed what a document says.

In EXPECTED, `…` stands for anything within a line (and the spaces that follow it for any number of
them); a line that is `…` alone stands for any number of lines. Empty lines at the end do not count.
"""
import re
import sys


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read().rstrip("\n").split("\n")


def pattern(line):
    parts = [re.escape(part) for part in re.split(r"… *", line)]
    return re.compile(".*".join(parts))


def main():
    expected, actual = lines_of(sys.argv[1]), lines_of(sys.argv[2])
    whole = "\n".join(
        r"(?:[^\n]*\n)*?[^\n]*" if line == "…" else pattern(line).pattern for line in expected
    )
    if re.fullmatch(whole, "\n".join(actual)):
        return 0
    for at, line in enumerate(expected):
        if line == "…":
            break
        if at >= len(actual) or not pattern(line).fullmatch(actual[at]):
            got = actual[at] if at < len(actual) else "nothing"
            print(f"line {at + 1}\n  expected: {line}\n  printed:  {got}")
            return 1
    print("printed:\n" + "\n".join(actual))
    return 1


sys.exit(main())
