"""What a page of the manual shows: its code blocks, and the commands in them. Pure.

A block is indented by four blanks or fenced. What it is:

* fenced as sh, bash, shell or console, or with a line that begins with "$ ", or beginning with a
  program: commands. Where there are prompts, what stands below a command is its output;
* fenced as yaml, or beginning with a key: settings if the first key is no resource's, else resources;
* fenced as anything else, or beginning as JSON, as a list in YAML or as a systemd unit: text. A picture
  is fenced as `text`, and has no command at the beginning of a line.

Everything else is unknown, which a test doesn't let pass.

    <!-- before: COMMAND
    COMMAND -->

runs commands that the reader doesn't see: they bring about what the page goes on to speak of.
"""
import dataclasses
import re

SHELLS = ("sh", "bash", "shell", "console")
# A block that begins with one of these, or with a path, is commands.
PROGRAMS = ("mesh-dns dig curl kubectl docker cmake ctest git cat ls cp mv rm mkdir chmod chown install "
            "sqlite3 systemctl systemd-analyze journalctl resolvectl apt apt-get dpkg sudo su ss ip nft kill "
            "python3 promtool jq openssl getent ping sysctl setcap getcap sed echo grep sleep touch "
            "head tail tar env export cd test nsenter unshare pre-commit check-jsonschema man "
            "source umask wait fstrm_capture dnstap-read time useradd sha256sum scp ssh").split()
PATH = re.compile(r"(\.{0,2}/)?[\w.-]+(/[\w.-]+)+$")
ASSIGNMENT = re.compile(r"[A-Z_][A-Z0-9_]*=\S*$")
KEY = re.compile(r"[A-Za-z][\w./-]*:( |$)")
DATA = re.compile(r"[{}]|\"[\w.]+\":|- [\w-]+:|\[[A-Z]\w+\]$")
RESOURCE = re.compile(r"^(type|apiVersion|kind): ", re.M)
HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")
BEFORE = "<!-- before:"
SYNOPSIS = re.compile(r"\[-|\[[A-Z]|[A-Z]\.\.\.")


@dataclasses.dataclass(frozen=True)
class Block:
    page: str
    line: int  # of its first line
    language: str  # of the fence, or ""
    lines: tuple

    def __str__(self):
        return f"{self.page}:{self.line}: {self.lines[0] if self.lines else ''}"


@dataclasses.dataclass(frozen=True)
class Command:
    page: str
    line: int
    text: str
    output: tuple = None  # the lines below it; None where none can be shown

    def __str__(self):
        return f"{self.page}:{self.line}: {self.text}"

    @property
    def key(self):
        """What the list of exceptions knows it by."""
        return re.sub(r"\s+", " ", without_comment(self.text).replace("\\\n", " ")).strip()


def without_comment(text):
    return re.sub(r"(^|\s+)# .*$", "", text)


def blocks(page, text):
    """The code blocks of a page, from top to bottom."""
    lines, found, i = text.splitlines(), [], 0
    while i < len(lines):
        if lines[i].startswith(BEFORE):
            end = next(j for j in range(i, len(lines)) if lines[j].endswith("-->"))
            body = "\n".join(lines[i:end + 1]).removeprefix(BEFORE).removesuffix("-->").strip()
            found.append(Block(page, i + 1, "sh", tuple(body.splitlines())))
            i = end + 1
            continue
        fence = re.match(r"( *)(```+|~~~+) *(\w*)", lines[i])
        if fence:
            indent, mark, language = fence.groups()
            end = next((j for j in range(i + 1, len(lines)) if lines[j].strip() == mark), len(lines))
            body = [line[len(indent):] for line in lines[i + 1:end]]
            found.append(Block(page, i + 2, language, tuple(body)))
            i = end + 1
        elif lines[i].startswith("    ") and lines[i].strip() and (i == 0 or not lines[i - 1].strip()):
            end = i
            while end < len(lines) and (lines[end].startswith("    ") or not lines[end].strip()):
                end += 1
            indent = len(lines[i]) - len(lines[i].lstrip())
            body = [line[indent:] for line in lines[i:end]]
            while not body[-1]:
                body.pop()
            found.append(Block(page, i + 1, "", tuple(body)))
            i = end
        else:
            i += 1
    return found


def first_word(line):
    """The program of a command line: what follows the assignments."""
    words = [word for word in line.split() if not ASSIGNMENT.match(word)]
    return words[0] if words else ""


def is_command(line):
    word = first_word(line)
    return bool(word in PROGRAMS or PATH.match(word))


def kind(block):
    """commands, synopsis, settings, resources, text or unknown."""
    code = [line for line in block.lines if line.strip() and not line.startswith("#")]
    if not code:
        return "text"
    prompts = any(line.startswith("$ ") for line in code)
    if prompts and not code[0].startswith("$ "):
        return "unknown"  # is the first line a command, too?
    if block.language in SHELLS or (not block.language and (is_command(code[0]) or prompts)):
        return "synopsis" if SYNOPSIS.search(without_comment(code[0])) else "commands"
    if block.language in ("yaml", "yml") or (not block.language and KEY.match(code[0])):
        return "resources" if RESOURCE.search("\n".join(code)) else "settings"
    if block.language:
        hidden = block.language == "text" and any(is_command(line) for line in code if line[0] != " ")
        return "unknown" if hidden else "text"
    return "text" if DATA.match(code[0]) else "unknown"


def whole_command(lines, at):
    """The command that begins at a line, with its further lines; and where it ends."""
    end = at + 1
    while lines[end - 1].endswith("\\") and end < len(lines):
        end += 1
    heredoc = HEREDOC.search(lines[end - 1])
    if heredoc:
        while end < len(lines) and lines[end - 1].strip() != heredoc[2]:
            end += 1
    return "\n".join(lines[at:end]), end


def commands(block):
    """The commands of a block, in order."""
    lines, found, i = list(block.lines), [], 0
    prompts = any(line.startswith("$ ") for line in lines)
    while i < len(lines):
        if prompts and not lines[i].startswith("$ "):
            i += 1  # a comment before the first prompt
            continue
        if not lines[i].strip() or (not prompts and lines[i].startswith("#")):
            i += 1
            continue
        start = i
        text, i = whole_command(lines, i)
        output = None
        if prompts:
            text = text[2:]
            end = next((j for j in range(i, len(lines)) if lines[j].startswith("$ ")), len(lines))
            output = tuple(lines[i:end])
            while output and not output[-1].strip():
                output = output[:-1]
            i = end
        found.append(Command(block.page, block.line + start, text, output))
    return found
