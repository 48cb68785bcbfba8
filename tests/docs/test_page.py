"""What of a page counts as a command, and when two outputs are the same."""
import unittest

import page
import shown


def parsed(text):
    return [(page.kind(block), [(c.text, c.output) for c in page.commands(block)]
             if page.kind(block) == "commands" else None) for block in page.blocks("p.md", text)]


class Blocks(unittest.TestCase):
    CASES = (
        # why, page, kind, commands
        ("indented, by its program", "Run\n\n    mesh-dns serve\n    dig x\n", "commands",
         [("mesh-dns serve", None), ("dig x", None)]),
        ("by its path", "\n    ./run.sh --help\n", "commands", [("./run.sh --help", None)]),
        ("variables before it", "\n    A_B=1 mesh-dns serve\n", "commands",
         [("A_B=1 mesh-dns serve", None)]),
        ("prompts, with output", "\n    $ dig x\n    1.2.3.4\n    $ dig y\n", "commands",
         [("dig x", ("1.2.3.4",)), ("dig y", ())]),
        ("continued", "\n    $ dig \\\n        x\n    1\n", "commands", [("dig \\\n    x", ("1",))]),
        ("a here document", "```sh\ncat >f <<'E'\na\nE\nls\n```\n", "commands",
         [("cat >f <<'E'\na\nE", None), ("ls", None)]),
        ("blank lines within", "\n    ls\n\n    dig x\n", "commands", [("ls", None), ("dig x", None)]),
        ("a comment above it", "\n    # now\n    ls\n", "commands", [("ls", None)]),
        ("a line without a prompt before one that has it", "\n    ls\n    $ dig x\n", "unknown", None),
        ("a synopsis", "\n    mesh-dns plan PATH... [-o FORMAT]\n", "synopsis", None),
        ("settings", "\n    vip: {quarantine: 5m}\n", "settings", None),
        ("a resource", "```yaml\ntype: MeshService\nname: x\n```\n", "resources", None),
        ("a picture", "```text\n a ──► b\n```\n", "text", None),
        ("a picture with a command in it", "```text\n dig x\n  ▼\n```\n", "text", None),
        ("JSON", "\n    {\"a\": [\n", "text", None),
        ("a unit", "\n    [Service]\n    User=x\n", "text", None),
        ("a prompt of root", "\n    # mesh-dns serve\n    ready\n", "unknown", None),
        ("a command that hides as text", "```text\ndig x\n```\n", "unknown", None),
        ("what the reader doesn't see", "<!-- before: ls\ndig x -->\nb\n", "commands",
         [("ls", None), ("dig x", None)]),
        ("neither", "\n    what is this?\n", "unknown", None),
        ("a line that is continued in a list", "* one\n    two\n", None, None),
    )

    def test_blocks(self):
        for why, text, kind, commands in self.CASES:
            with self.subTest(why):
                self.assertEqual(parsed(text), [(kind, commands)] if kind else [])

    def test_the_key_has_no_comment_and_one_line(self):
        command = page.Command("p.md", 1, "a \\\n    --b  c    # why")
        self.assertEqual(command.key, "a --b c")
        self.assertEqual(page.Command("p.md", 1, "curl x#y").key, "curl x#y")

    def test_a_place(self):
        block = page.blocks("p.md", "a\n\n    ls\n    dig x\n")[0]
        self.assertEqual([str(c) for c in page.commands(block)], ["p.md:3: ls", "p.md:4: dig x"])


class Shown(unittest.TestCase):
    CASES = (
        # why, shown, printed, the same?
        ("the same", ["a b"], ["a b"], True),
        ("other", ["a b"], ["a c"], False),
        ("one more", ["a"], ["a", "b"], False),
        ("one less", ["a", "b"], ["a"], False),
        ("nothing", ["a"], [], False),
        ("blanks count as one", ["a  b"], ["a\tb "], True),
        ("... is any text", ["a ... c"], ["a b b c"], True),
        ("... is no other end", ["a ... c"], ["a b d"], False),
        ("a line of ... is any lines", ["a", "...", "z"], ["a", "b", "c", "z"], True),
        ("and none", ["a", "...", "z"], ["a", "z"], True),
        ("but what follows must be there", ["a", "...", "z"], ["a", "b"], False),
        ("another time", ["2026-01-02T03:04:05.678Z info x"], ["2027-11-12T13:14:15.000Z info x"], True),
        ("another duration", ["took 12 ms"], ["took 3.5 ms"], True),
        ("another unit", ["took 12 ms"], ["took 12 s"], False),
        ("another id", ["NOERROR, id: 1"], ["NOERROR, id: 65000"], True),
        ("another client's port", ["127.0.0.1:41162"], ["127.0.0.1:60001"], True),
        ("another server's port", ["127.0.0.1:53"], ["127.0.0.1:54"], False),
        ("another address", ["241.0.0.1"], ["241.0.0.2"], False),
        ("another number", ["names=6"], ["names=7"], False),
        ("a dot is a dot", ["a.b"], ["axb"], False),
    )

    def test_matches(self):
        for why, expected, actual, same in self.CASES:
            with self.subTest(why):
                self.assertEqual(shown.matches(expected, actual), same)


if __name__ == "__main__":
    unittest.main()
