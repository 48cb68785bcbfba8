"""Prints "PASSED FAILED" of a run of ctest, from its JUnit file.

A test of ctest that runs many (the Python ones say "Ran N tests") counts as that many; when it
fails, those that failed are counted from what unittest says. No file, or a test that didn't run,
is a failure.
"""
import re
import sys
import xml.etree.ElementTree as xml


def count(case):
    output = case.findtext("system-out") or ""
    ran = re.findall(r"^Ran (\d+) tests?", output, re.M)
    skipped = sum(int(n) for n in re.findall(r"skipped=(\d+)", output))
    number = sum(map(int, ran)) - skipped if ran else 1
    if case.get("status") == "run":
        return number, 0
    if case.find("skipped") is not None and case.get("status") in ("notrun", "disabled"):
        return 0, 0 if "SKIP" in (case.find("skipped").get("message") or "") else 1
    bad = sum(int(n) for n in re.findall(r"(?:failures|errors)=(\d+)", output)) or 1
    return max(number - bad, 0), bad


def main(path):
    try:
        cases = list(xml.parse(path).getroot().iter("testcase"))
    except (OSError, xml.ParseError):
        return 0, 1
    counts = [count(case) for case in cases]
    return sum(c[0] for c in counts), sum(c[1] for c in counts)


print(*main(sys.argv[1]))
