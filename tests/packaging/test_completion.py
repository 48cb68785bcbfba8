"""The completion scripts in a real bash and a real zsh, compared with what --help says."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = SOURCE / "packaging/completion"
PROGRAM = pathlib.Path(os.environ["MESH_DNS"])

# Sets up the line as the shell would, and prints what it would offer.
BASH = r"""
source "$SCRIPT"
eval "COMP_WORDS=($WORDS)"
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_mesh_dns "${COMP_WORDS[0]}"
((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}"
"""

# A shell on a terminal of its own; compadd is overlaid to note what would be offered.
ZSH = r"""
zmodload zsh/zpty
zpty shell "PROMPT=; exec zsh -f -i"
zpty -w shell "fpath=(${(q)FOLDER} \$fpath); autoload -U compinit; compinit -u -D"
zpty -w shell "compadd() {
  if [[ \${@[(I)-[OAD]]} -ne 0 ]]; then builtin compadd \"\$@\"; return; fi
  local -a hits; builtin compadd -A hits \"\$@\"; print -rl -- \$hits >>${(q)HITS}
  builtin compadd \"\$@\"
}"
zpty -w shell "done-completing() { print done >>${(q)HITS}.done }; zle -N done-completing"
zpty -w shell "bindkey '^X' done-completing; unsetopt beep; LISTMAX=10000"
zpty -w shell "print set up >>${(q)HITS}.up"
until [[ -e $HITS.up ]]; do zpty -r -t shell out; sleep 0.01; done
zpty -w -n shell "$LINE"$'\t\x18'
for ((i = 0; i < 3000; ++i)); do
  [[ -e $HITS.done ]] && break
  zpty -r -t shell out
  sleep 0.01
done
zpty -d shell
[[ -e $HITS.done ]]
"""


def help_of(*command):
    return subprocess.run([PROGRAM, *command, "--help"], capture_output=True, text=True,
                          check=True).stdout


def commands(*command):
    text = help_of(*command)
    found = text.partition("Subcommands:\n")[2].partition("\n\n")[0]
    return re.findall(r"^  ([a-z-]+)", found, re.M)


def options(*command):
    """The names of the options, each with the values that it has, if they are a choice."""
    found = {}
    for names, values in re.findall(r"^  (-\S+)(?: [A-Z:]+\{([^}]*)\})?", help_of(*command), re.M):
        for name in names.split(","):
            found[name] = values.split(",") if values else []
    return found


class Completion:
    """Rows that hold in both shells; offers() gives what is offered for a line."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mesh-dns-completion-"))
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "program").mkdir()
        (self.folder / "program/mesh-dns").symlink_to(PROGRAM)
        (self.folder / "settings.yaml").write_text("")

    def environment(self, **more):
        path = f"{self.folder}/program:{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "HOME": str(self.folder), **more}

    def check(self, line, expected):
        self.assertEqual(sorted(self.offers(line)), sorted(expected), line)

    def test_commands(self):
        self.assertIn("serve", commands())
        self.check("mesh-dns ", commands())
        self.check("mesh-dns se", ["serve"])
        self.check("mesh-dns nothing-of-the-kind", [])

    def test_the_options_of_every_command(self):
        self.check("mesh-dns --", [name for name in options() if name.startswith("--")])
        for command in commands():
            self.check(f"mesh-dns {command} --",
                       [name for name in options(command) if name.startswith("--")])

    def test_commands_within_commands(self):
        for command in commands():
            if commands(command):
                self.check(f"mesh-dns {command} ", commands(command))

    def test_values(self):
        self.check("mesh-dns render -o ", options("render")["-o"])
        self.check("mesh-dns render --output ", options("render")["--output"])
        self.check("mesh-dns validate -o j", ["json"])
        self.check("mesh-dns plan --renumber -o ", options("plan")["-o"])
        self.check("mesh-dns serve --mode ", ["universal", "kubernetes"])
        self.check("mesh-dns serve --mode=", ["universal", "kubernetes"])
        self.check("mesh-dns serve --zone render --mode k", ["kubernetes"])

    def test_files(self):
        self.check("mesh-dns serve --config set", ["settings.yaml"])
        self.check("mesh-dns validate set", ["settings.yaml"])


@unittest.skipUnless(shutil.which("bash"), "there is no bash")
class Bash(Completion, unittest.TestCase):
    def offers(self, line):
        # bash breaks words at "=", and the last one may be empty.
        words = line.replace("=", " '=' ").split(" ")
        words = [word for word in words[:-1] if word] + [words[-1] or "''"]
        run = subprocess.run(
            ["bash", "--norc", "-c", BASH], capture_output=True, text=True, cwd=self.folder,
            timeout=60,
            env=self.environment(SCRIPT=str(SCRIPTS / "mesh-dns.bash"), WORDS=" ".join(words)))
        self.assertEqual((run.returncode, run.stderr), (0, ""), line)
        return run.stdout.split()


@unittest.skipUnless(shutil.which("zsh"), "there is no zsh")
class Zsh(Completion, unittest.TestCase):
    def offers(self, line):
        hits = self.folder / "hits"
        for file in self.folder.glob("hits*"):
            file.unlink()
        run = subprocess.run(["zsh", "-f", "-c", ZSH], capture_output=True, text=True,
                             cwd=self.folder, timeout=120,
                             env=self.environment(FOLDER=str(SCRIPTS), HITS=str(hits), LINE=line))
        self.assertEqual(run.returncode, 0, run.stderr)
        return set(hits.read_text().split()) - {"hits"} if hits.exists() else []


if __name__ == "__main__":
    unittest.main()
