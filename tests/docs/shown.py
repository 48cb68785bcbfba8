"""Whether what a command printed is what a page shows. Pure.

A line of `...` alone stands for any lines, none included; `...` within a line for any text. Blanks
count as one. Some things are never twice the same, and any of their sort will do: see VARIES.
"""
import re

# Each is replaced by its name on both sides. Addresses are not among them: VIPs are hashes, and
# what a page shows is what its reader gets.
VARIES = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?"), "TIME"),
    (re.compile(r"\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d\.\d+"), "TIME"),
    (re.compile(r"\b127\.0\.0\.1:[3-6]\d{4}\b"), "A CLIENT"),
    (re.compile(r"\b\d+(\.\d+)?( ?)(µs|us|ms|msec|s|seconds|bytes)\b"), r"AMOUNT\2\3"),
    (re.compile(r"\bpid[ =]\d+"), "PID"),
    (re.compile(r"\bid: \d+"), "ID"),
    (re.compile(r"\bIN\s+SOA\s+(\S+\s+\S+)\s+\d+"), r"IN SOA \1 SERIAL"),
)


def normal(line):
    for pattern, name in VARIES:
        line = pattern.sub(name, line)
    return re.sub(r"\s+", " ", line).strip()


def same_line(expected, actual):
    parts = normal(expected).replace("…", "...").split("...")
    pattern = ".*".join(re.escape(part.strip() if len(parts) > 1 else part) for part in parts)
    return re.fullmatch(pattern, normal(actual)) is not None


def matches(expected, actual):
    """Both are lists of lines."""
    expected = [line for line in expected if line.strip()]
    actual = [line for line in actual if line.strip()]

    def from_(i, j):
        if i == len(expected):
            return j == len(actual)
        if expected[i].strip() in ("...", "…"):
            return any(from_(i + 1, k) for k in range(j, len(actual) + 1))
        return j < len(actual) and same_line(expected[i], actual[j]) and from_(i + 1, j + 1)
    return from_(0, 0)
