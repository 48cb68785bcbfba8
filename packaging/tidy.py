#!/usr/bin/env python3
"""packaging/tidy.py [PATH...]: runs clang-tidy over the product's sources, or over those below PATH.

Prints findings and nothing else; exit status 1 if there are any. Needs build/dev, built. What was
found clean is not checked again while the source, all that it includes, its flags, .clang-tidy and
clang-tidy are the same: build/tidy-cache has an empty file for each.
"""
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[1]
BUILD = SOURCE / "build/dev"
CACHE = SOURCE / "build/tidy-cache"
NO_PRODUCT = {"tests", "bench", "build"}
TIDY = "clang-tidy-14"
EXTRA = ["-Wno-unknown-warning-option",  # of flags that g++ alone knows
         # The analyzer's work on one function. With the default, 225,000, all takes twice as long; what
         # it found more was in Boost.
         "-Xclang", "-analyzer-config", "-Xclang", "max-nodes=40000"]


def sources(paths):
    """Source and object file of each of the product's, by the compilation database."""
    within = [pathlib.Path(path).resolve() for path in paths] or [SOURCE]
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        file = pathlib.Path(entry["file"])
        if not file.is_relative_to(SOURCE) or file.relative_to(SOURCE).parts[0] in NO_PRODUCT:
            continue
        if any(file.is_relative_to(path) for path in within):
            yield file, entry["command"]


def dependencies():
    """What each object file was made from, as ninja recorded it."""
    listed = subprocess.run(["ninja", "-C", BUILD, "-t", "deps"], capture_output=True, text=True,
                            check=True).stdout
    made_from = {}
    for block in listed.split("\n\n"):
        target, *files = block.splitlines() or [""]
        if target.endswith("(VALID)"):
            made_from[target.split(":")[0]] = [BUILD / file.strip() for file in files]
    return made_from


@functools.lru_cache(maxsize=None)
def digest(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def cache_entry(command, made_from, common):
    """The file that says that a source is clean; None if what it includes is not known."""
    arguments = shlex.split(command)
    files = made_from.get(arguments[arguments.index("-o") + 1])
    if not files:
        return None
    text = "\n".join([common, command, *(f"{file} {digest(file)}" for file in sorted(files))])
    return CACHE / hashlib.sha256(text.encode()).hexdigest()


def findings(file):
    """What clang-tidy prints of one source, without what it finds in the headers of others."""
    done = subprocess.run([TIDY, "-p", BUILD, "--quiet", *(f"--extra-arg={flag}" for flag in EXTRA), file],
                          capture_output=True, text=True, check=False)
    found = []
    # A finding begins with its place, and goes on to the next one of these.
    for part in re.split(r"^(?=/\S+:\d+:\d+: (?:warning|error):)", done.stdout, flags=re.M):
        if part.startswith(f"{SOURCE}/") or "[clang-diagnostic-error" in part:
            found.append(part.replace(f"{SOURCE}/", ""))
    if done.returncode != 0 and not done.stdout:
        found.append(f"{file.relative_to(SOURCE)}: {TIDY} failed: {done.stderr}")
    return found


def main(paths):
    CACHE.mkdir(parents=True, exist_ok=True)
    version = subprocess.run([TIDY, "--version"], capture_output=True, text=True, check=True).stdout
    common = version + (SOURCE / ".clang-tidy").read_text() + " ".join(EXTRA)
    made_from = dependencies()
    todo = {}
    for file, command in sources(paths):
        entry = cache_entry(command, made_from, common)
        if entry is None or not entry.exists():
            todo[file] = entry
    seen = set()  # a header's findings come once for each that includes it
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for file, found in zip(todo, pool.map(findings, todo)):
            if not found and todo[file]:
                todo[file].touch()
            for text in found:
                if text not in seen:
                    seen.add(text)
                    print(text, end="", flush=True)
    return 1 if seen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
