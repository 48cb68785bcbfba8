"""Runs the commands of one page, in order, in one shell; to be started in a sandbox (sandbox.sh).

    run_page.py docs/PAGE.md

A command that serves is started in the background, waited for until it is ready, and stays for the
commands below it until the next one that serves. One that only reads is asked again for some
seconds, since a server may not yet have seen the change that a command above made. A command
whose output isn't shown must end with status 0.
"""
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import page
import shown
from exceptions import NOT_RUN

PATIENCE = float(os.environ.get("PATIENCE", 15))  # seconds, for a reader to say what is shown
DEADLINE = 60.0  # seconds for anything
READERS = ("dig", "curl", "mesh-dns", "ss", "cat", "ls", "grep", "getent", "resolvectl")
SERVES = re.compile(r"(mesh-dns\s+serve|\./run\.sh)\b(?!.*(--help|\||&))", re.S)
READY = re.compile(r'Z info ready |"message":"ready"')
HERE = pathlib.Path(__file__).resolve().parent


class Shell:
    """One bash for the whole page, so that folders and variables stay."""

    def __init__(self):
        self.bash = subprocess.Popen(["bash", "--norc"], stdin=subprocess.PIPE, text=True,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.folder = pathlib.Path("/tmp/.commands")
        self.folder.mkdir()
        self.count = 0
        self.server = None  # of the shell's background job: its process group

    def start(self, text, background=False):
        """Gives the files of the output and of the status (or the pid, in the background)."""
        self.count += 1
        script, output, done = (self.folder / f"{self.count}.{what}"
                                for what in ("sh", "out", "done"))
        script.write_text(text + "\n")
        if background:
            # A process group of its own, of which the whole command is.
            line = f"setsid bash {script} >{output} 2>&1 </dev/null & echo $! >{done}.new; mv {done}.new {done}\n"
        else:
            line = f". {script} >{output} 2>&1 </dev/null; echo $? >{done}.new; mv {done}.new {done}\n"
        self.bash.stdin.write(line)
        self.bash.stdin.flush()
        return output, done

    def run(self, text):
        """Its status and output."""
        output, done = self.start(text)
        end = time.monotonic() + DEADLINE
        while not done.exists():
            if time.monotonic() > end or self.bash.poll() is not None:
                return "no status: it doesn't end", read(output)
            time.sleep(0.005)
        return int(done.read_text()), read(output)

    def serve(self, text):
        """Starts it; its output when it is ready, or has ended."""
        self.stop_server()
        output, done = self.start(text, background=True)
        end = time.monotonic() + DEADLINE
        while not done.exists() and time.monotonic() < end:
            time.sleep(0.005)
        self.server = int(done.read_text())
        while time.monotonic() < end:
            if READY.search(read(output)):
                return True, read(output)
            if not running(self.server):
                return False, read(output)
            time.sleep(0.005)
        return False, read(output)

    def stop_server(self):
        if self.server is None:
            return
        end = time.monotonic() + DEADLINE
        try:
            os.killpg(self.server, signal.SIGTERM)
            while time.monotonic() < end:
                os.killpg(self.server, 0)  # it drains for some seconds
                time.sleep(0.02)
        except ProcessLookupError:
            pass
        self.server = None


def running(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (OSError, IndexError):
        return False
    return state not in ("Z", "X")


def read(path):
    return path.read_text(errors="replace") if path.exists() else ""


def told(command, wanted, output, status):
    """What a person needs to mend the page."""
    lines = [f"{command}", f"  ended with {status}"]
    if wanted is not None:
        lines += ["  the page shows:", *(f"    {line}" for line in wanted)]
    return "\n".join([*lines, "  it printed:", *(f"    {line}" for line in output.splitlines())])


def check_server(shell, command):
    ready, output = shell.serve(command.text)
    if command.output:
        wanted = list(command.output) + (["..."] if ready else [])
        if shown.matches(wanted, output.splitlines()):
            return None
        return told(command, command.output, output, "ready" if ready else "its end")
    return None if ready else told(command, None, output, "its end, and never was ready")


def check(shell, command):
    if SERVES.search(page.without_comment(command.text)):
        return check_server(shell, command)
    end = time.monotonic() + PATIENCE
    while True:
        status, output = shell.run(command.text)
        right = (shown.matches(command.output, output.splitlines()) if command.output
                 else status == 0)
        if right:
            return None
        again = command.output and page.first_word(command.text) in READERS
        if not again or time.monotonic() > end:
            return told(command, command.output, output, f"status {status}")
        time.sleep(0.05)


def substitute(shell, command, entry):
    """Runs what proves a command that can't be run here."""
    if not entry.instead:
        return None
    return check(shell, page.Command(command.page, command.line, entry.instead))


def main(name):
    text = pathlib.Path(name).read_text()
    shell = Shell()
    for before in ("every", pathlib.Path(name).stem):
        script = HERE / "before" / f"{before}.sh"
        if script.exists():
            status, output = shell.run(script.read_text())
            if status != 0:
                sys.exit(f"tests/docs/before/{before}.sh ended with {status}:\n{output}")
    failures = []
    for block in page.blocks(name, text):
        if page.kind(block) == "unknown":
            failures.append(f"{block}\n  is this a command? See PROGRAMS in tests/docs/page.py")
        if page.kind(block) != "commands":
            continue
        for command in page.commands(block):
            entry = NOT_RUN.get((name, command.key))
            failure = substitute(shell, command, entry) if entry else check(shell, command)
            if failure:
                failures.append(failure)
    shell.stop_server()
    if failures:
        sys.exit("\n\n".join(failures))


if __name__ == "__main__":
    main(sys.argv[1])
