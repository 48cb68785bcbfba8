#!/usr/bin/env python3
"""packaging/coverage.py: prints which share of each folder's lines the tests of build/coverage ran.

Exit status 1 if a folder has less than it has to have.
"""
import collections
import json
import os
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[1]
BUILD = SOURCE / "build/coverage"
NO_PRODUCT = {"tests", "bench", "build"}
# What can be tested without a kernel, a cluster or a clock, and what can't.
PURE, REST = 90.0, 75.0  # per cent
FLOORS = dict.fromkeys(("mesh", "config", "hostname", "vip", "pipeline", "dns"), PURE)


def files():
    """Of each file of the product: its path, its lines, those of them that ran."""
    done = subprocess.run(
        ["gcovr", BUILD, "--root", SOURCE, "--exclude", f"{SOURCE}/(tests|bench|build)/", "-j",
         str(os.cpu_count()), "--json-summary"],
        capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.stderr)
    for file in json.loads(done.stdout)["files"]:
        path = pathlib.Path(file["filename"])
        if path.parts[0] not in NO_PRODUCT:
            yield path, file["line_total"], file["line_covered"]


def main(arguments):
    each_file = arguments == ["--files"]
    if arguments and not each_file:
        sys.exit("packaging/coverage.py [--files]: with --files also each file's share")
    lines, covered = collections.Counter(), collections.Counter()
    for path, total, ran in files():
        lines[path.parts[0]] += total
        covered[path.parts[0]] += ran
        if each_file and total:
            print(f"{path!s:40} {100 * ran / total:5.1f} % of {total} lines")
    low = 0
    for folder in sorted(lines):
        share, floor = 100 * covered[folder] / lines[folder], FLOORS.get(folder, REST)
        low += share < floor
        print(f"{folder:12} {share:5.1f} % of {lines[folder]:5} lines, at least {floor:.0f} %"
              + (": TOO FEW" if share < floor else ""))
    return 1 if low or not lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
