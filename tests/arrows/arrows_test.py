"""Who may include whom (docs/design.md), and where the libraries are allowed."""
import fnmatch
import graphlib
import pathlib
import re
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]

# One line a folder, sub-folders too: what its files may include besides files of the same folder.
# "dns" is that folder without its sub-folders, "dns/**" is all of it, "dns/name.h" is one file.
ARROWS = {
    "mesh": [],
    "dns": [],
    "dns/resolver": ["dns"],
    "dns/server": ["dns", "dns/resolver"],
    "config": ["mesh"],
    "hostname": ["mesh", "dns/name.h"],
    "state": [],
    "vip": ["mesh", "state"],
    "tls": [],
    "http": ["tls"],
    "redirect": ["mesh"],
    "pipeline": ["mesh", "config/settings.h", "hostname", "vip", "dns", "state"],
    "host": ["mesh", "config", "vip", "dns/**"],
    "logging": ["mesh", "config", "dns/**", "host"],
    "kubernetes": ["mesh", "config", "tls", "http", "pipeline", "logging/log.h"],
    "files": ["mesh", "config", "pipeline", "logging/log.h"],
    "explain": ["mesh", "config", "hostname", "vip", "dns/**", "pipeline", "host",
                "logging/ldns_owned.h"],
    "admin": ["mesh", "config", "hostname", "vip", "dns/**", "http", "pipeline", "host", "explain"],
    "cli": ["mesh", "config", "hostname", "vip", "dns/**", "http", "state", "redirect", "pipeline",
            "host", "logging/ldns_owned.h", "explain", "admin"],
    "app": ["mesh", "config", "hostname", "vip", "dns/**", "http", "state", "redirect", "pipeline",
            "host", "logging", "kubernetes", "files", "explain", "admin", "cli"],
    "bench": ["mesh", "config", "hostname", "vip", "dns/**", "state", "pipeline"],
}

# Folders of code that the arrows do not concern.
FREE = ["tests", "build*", ".*"]

# Which files may include a library; all others may not.
LIBRARIES = {
    "yaml-cpp/*": ["config/yaml.cc", "cli/yaml_text.cc"],
    "spdlog/*": ["logging/log.cc", "logging/log.h"],
    "CLI/*": ["cli/command_line.cc"],
    "sqlite3.h": ["state/*.cc"],
    "ldns/*": ["explain/ask.cc", "cli/probe.cc", "logging/query_log.cc", "logging/ldns_owned.h"],
    "boost/json*": ["admin/*", "cli/*", "logging/log.cc", "pipeline/resource_json.*", "app/cluster.cc",
                    "config/json.cc",
                    "kubernetes/*"],
    "systemd/*": ["app/systemd.cc"],
    "prometheus/*": ["admin/metrics.cc"],
    "fstrm*": ["logging/dnstap.cc"],
    "dnstap.pb-c.h": ["logging/dnstap.cc"],
    "boost/beast*": ["http/*.cc"],
    "openssl/*": ["tls/*.cc", "kubernetes/access.cc"],
    "ares.h": ["dns/resolver/ares_channel.cc"],
    # Asio in headers makes every includer slow: only those that nobody outside the folder sees.
    "boost/asio*": ["dns/resolver/*.cc", "dns/resolver/ares_channel.h", "dns/resolver/resolver.h",
                     "dns/server/*.cc", "dns/server/tcp.h", "dns/server/udp.h",
                     "dns/server/worker.h",
                     "app/serve.cc", "app/builder.*", "app/pages.*", "app/forwarding.*",
                     "files/files.*",
                     "tls/*.cc", "http/*.cc", "http/client.h", "http/await.h",
                     "kubernetes/api.*", "kubernetes/reflector.*", "kubernetes/status_writer.*",
                     "kubernetes/source.cc"],
}

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.M)


def matches(path, patterns):
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


def folder_of(path):
    return path.rpartition("/")[0]


def is_allowed(included, folder):
    if folder_of(included) == folder:
        return True
    return any(included == allowed or folder_of(included) == allowed
               or (allowed.endswith("/**") and included.startswith(allowed[:-2]))
               for allowed in ARROWS.get(folder, []))


def sources(root):
    """Yields the path, from the root, of each file that the arrows concern."""
    for top in sorted(root.iterdir()):
        if top.is_dir() and not matches(top.name, FREE):
            for file in sorted(top.rglob("*")):
                if file.suffix in (".h", ".cc"):
                    yield file.relative_to(root).as_posix()


def wrong_includes(root):
    """Yields "file: what it may not include"."""
    for name in sources(root):
        for own, library in INCLUDE.findall((root / name).read_text()):
            if own and not is_allowed(own, folder_of(name)):
                yield f"{name}: {own}"
            for pattern, users in LIBRARIES.items():
                if library and matches(library, [pattern]) and not matches(name, users):
                    yield f"{name}: {library}"


class Arrows(unittest.TestCase):
    def test_every_include_is_allowed(self):
        self.assertEqual(list(wrong_includes(SOURCE)), [])

    def test_every_folder_with_sources_is_known(self):
        self.assertEqual({folder_of(name) for name in sources(SOURCE)} - set(ARROWS), set())

    def test_no_folder_includes_itself_through_others(self):
        def folders(allowed):
            if allowed.endswith("/**"):
                return [folder for folder in ARROWS if (folder + "/").startswith(allowed[:-2])]
            return [folder_of(allowed) if "." in allowed else allowed]
        graph = {folder: {other for allowed in arrows for other in folders(allowed)}
                 for folder, arrows in ARROWS.items()}
        try:
            graphlib.TopologicalSorter(graph).prepare()
        except graphlib.CycleError as error:
            self.fail(f"a circle: {error.args[1]}")

    def test_wrong_includes_are_found(self):
        files = {
            "mesh/a.h": ("mesh/b.h", "dns/zone.h", "<vector>", "<yaml-cpp/yaml.h>"),
            "dns/zone.h": ("dns/name.h", "dns/server/udp.h"),
            "dns/resolver/a.cc": ("dns/name.h", "dns/resolver/b.h", "dns/server/udp.h"),
            "dns/server/a.cc": ("dns/name.h", "dns/resolver/b.h", "dns/server/b.h", "mesh/a.h"),
            "hostname/a.cc": ("dns/name.h", "dns/zone.h"),
            "bench/a.cc": ("dns/name.h", "dns/server/udp.h", "app/a.h"),
        }
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, included in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                quoted = (i if i.startswith("<") else f'"{i}"' for i in included)
                (root / name).write_text("".join(f"#include {i}\n" for i in quoted))
            self.assertEqual(list(wrong_includes(root)), [
                "bench/a.cc: app/a.h",
                "dns/resolver/a.cc: dns/server/udp.h",
                "dns/server/a.cc: mesh/a.h",
                "dns/zone.h: dns/server/udp.h",
                "hostname/a.cc: dns/zone.h",
                "mesh/a.h: dns/zone.h", "mesh/a.h: yaml-cpp/yaml.h"])


if __name__ == "__main__":
    unittest.main()
