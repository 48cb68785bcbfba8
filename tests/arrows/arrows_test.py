"""Who may include whom (docs/design.md), and where the libraries are allowed."""
import fnmatch
import pathlib
import re
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]

# What a folder may include of the others; besides, each may include itself.
ARROWS = {
    "mesh": [],
    "dns": [],
    "config": ["mesh/*"],
    "hostname": ["mesh/*", "dns/name.h"],
    "vip": ["mesh/*"],
    "tls": [],
    "http": ["tls/*"],
    "kubernetes": ["mesh/*", "config/*", "http/*", "tls/*"],
    "redirect": ["mesh/*"],
    "app": ["mesh/*", "config/*", "hostname/*", "vip/*", "dns/*", "http/*", "kubernetes/*",
            "redirect/*"],
    "bench": ["mesh/*", "config/*", "hostname/*", "vip/*", "dns/*"],
}

# Which files may include a library; all others may not.
LIBRARIES = {
    "yaml-cpp/*": ["config/node.cc", "app/yaml_text.cc"],
    "spdlog/*": ["app/log.cc", "app/log.h"],
    "CLI/*": ["app/command_line.cc"],
    "sqlite3.h": ["vip/sqlite_store.cc"],
    "ldns/*": ["app/*.cc", "app/ldns_owned.h"],
    "boost/json*": ["app/*", "kubernetes/*"],
    "systemd/*": ["app/systemd.cc"],
    "prometheus/*": ["app/metrics.cc"],
    "fstrm*": ["app/dnstap.cc"],
    "dnstap.pb-c.h": ["app/dnstap.cc"],
    "boost/beast*": ["http/*.cc"],
    "openssl/*": ["tls/*.cc", "kubernetes/access.cc"],
    "ares.h": ["dns/channel.cc"],
    # Asio in headers makes every includer slow: only those that nobody outside the folder sees.
    "boost/asio*": ["dns/*.cc", "dns/udp.h", "dns/tcp.h", "dns/worker.h",
                     "dns/channel.h", "dns/resolver.h", "app/serve.cc", "app/files.*",
                     "app/forwarding.*",
                     "tls/*.cc", "http/*.cc", "http/client.h", "http/await.h",
                     "kubernetes/api.*",
                     "kubernetes/reflector.*", "kubernetes/status_writer.*",
                     "kubernetes/source.cc"],
}

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.M)


def matches(path, patterns):
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


def wrong_includes(root):
    """Yields "file: what it may not include"."""
    for folder, allowed in ARROWS.items():
        for file in sorted((root / folder).glob("**/*")):
            if file.suffix not in (".h", ".cc"):
                continue
            name = file.relative_to(root).as_posix()
            for own, library in INCLUDE.findall(file.read_text()):
                if own and not own.startswith(folder + "/") and not matches(own, allowed):
                    yield f"{name}: {own}"
                for pattern, users in LIBRARIES.items():
                    if library and matches(library, [pattern]) and not matches(name, users):
                        yield f"{name}: {library}"


class Arrows(unittest.TestCase):
    def test_every_include_is_allowed(self):
        self.assertEqual(list(wrong_includes(SOURCE)), [])

    def test_every_folder_with_sources_is_known(self):
        folders = {file.relative_to(SOURCE).parts[0] for file in SOURCE.glob("*/*.cc")}
        self.assertLessEqual(folders, set(ARROWS))

    def test_a_wrong_include_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "mesh").mkdir()
            (root / "mesh" / "a.h").write_text('#include "mesh/b.h"\n#include "dns/zone.h"\n'
                                               "#include <vector>\n#include <yaml-cpp/yaml.h>\n")
            self.assertEqual(list(wrong_includes(root)),
                             ["mesh/a.h: dns/zone.h", "mesh/a.h: yaml-cpp/yaml.h"])


if __name__ == "__main__":
    unittest.main()
