"""The dashboard, as far as tests look at it. Pure but for load()."""
import json
import pathlib
import re

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def load():
    return json.loads((SOURCE / "packaging/grafana/mesh-dns.json").read_text())


def expressions(dashboard):
    """(title of the panel, expression) of all."""
    return [(panel["title"], target["expr"])
            for panel in dashboard["panels"] for target in panel.get("targets", [])]


def escaped(value):
    """A value of a variable within a regex that stands in a string of PromQL, as Grafana writes it."""
    return re.sub(r"[$^*{}\[\]'+?.()|\\]", lambda found: "\\\\" + found.group(), value)


def substituted(text, interval, **variables):
    """`variables` are lists of values. $__rate_interval is `interval`."""
    text = text.replace("$__rate_interval", interval)
    for name, values in variables.items():
        chosen = [escaped(value) for value in values]
        text = text.replace(f"${name}", chosen[0] if len(chosen) == 1 else f"({'|'.join(chosen)})")
    if "$" in text:
        raise AssertionError(f"a variable without a value: {text}")
    return text
