"""The page at / in a real browser: what a person sees, with and without scripts, in both colour
schemes, on a narrow screen, and by keyboard alone."""
import sys
import unittest

import browser
from harness import Case, documents, generator, service, wait_until

HOSTILE = "<img src=x onerror=alert(1)>"
ENTER, TAB = "\ue007", "\ue004"

# What is unreadable: text whose contrast with what is behind it is below 4.5 (WCAG 2.2, 1.4.3).
CONTRAST = r"""
  const parse = (text) => text.match(/[\d.]+/g).map(Number);
  const luminance = (rgb) => {
    const [r, g, b] = rgb.slice(0, 3).map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const colour = parse(getComputedStyle(element).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
  };
  const seen = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
    const a = luminance(parse(getComputedStyle(element).color));
    const b = luminance(behind(element));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    seen.push([ratio, walker.currentNode.data.trim().slice(0, 40)]);
  }
  return seen;
"""

# What somebody who doesn't see the page needs, and hasn't got.
STRUCTURE = r"""
  const wrong = [];
  const check = (fine, what) => { if (!fine) wrong.push(what); };
  const all = (selector) => [...document.querySelectorAll(selector)];
  check(document.documentElement.lang === "en", "lang");
  check(all("h1").length === 1, "one h1");
  for (const landmark of ["header", "main", "footer"]) check(all(landmark).length === 1, landmark);
  const levels = all("h1, h2, h3").map((h) => Number(h.tagName[1]));
  levels.forEach((level, i) => check(i === 0 || level <= levels[i - 1] + 1, "a level is left out"));
  for (const table of all("table")) {
    check(table.caption && table.caption.textContent.trim(), "caption of " + table.className);
    for (const th of table.querySelectorAll("th")) check(th.scope, "scope of " + th.textContent);
    const columns = table.tHead.rows[0].cells.length;
    for (const row of table.tBodies[0].rows) {
      check(row.cells.length === columns, "columns of " + table.caption.textContent);
    }
  }
  for (const field of all("input")) check(field.labels.length === 1, "label of " + field.id);
  for (const part of all("section, nav, [role=region]")) {
    const by = part.getAttribute("aria-labelledby");
    check(by ? document.getElementById(by) : part.getAttribute("aria-label"), "name of " + part.id);
  }
  for (const button of all("button, a")) check(button.textContent.trim(), "an empty button or link");
  const ids = all("[id]").map((element) => element.id);
  check(new Set(ids).size === ids.length, "an id is used twice");
  return wrong;
"""


class PageCase(Case):
    @classmethod
    def setUpClass(cls):
        cls.browser = browser.Browser().__enter__()
        cls.addClassCleanup(cls.browser.__exit__)

    def setUp(self):
        super().setUp()
        self.browser.look()
        self.browser.devtools("Emulation.setScriptExecutionDisabled", value=False)
        self.browser.open("about:blank")
        self.browser.requested()
        self.browser.console()

    def start(self, *arguments, **options):
        server = self.serve(*arguments, **options)
        self.base = f"http://127.0.0.1:{int(server.wait_for('admin server')['port'])}"
        return server

    def open(self, path="/"):
        self.browser.open(self.base + path)

    def broken(self):
        """Good, colliding and broken resources, some with names that would like to be markup."""
        self.write("good.yaml", documents(service("redis"), service("web", 80)))
        self.write("collide.yaml", documents(
            service("a1", labels={"who": "x"}), service("a2", labels={"who": "x"}),
            generator("same", "one.mesh", {"who": "x"}),
            generator("template", "{{ label \"" + HOSTILE + "\" }}.mesh", {"who": "x"})))
        self.write(f"{HOSTILE}.yaml", documents(
            f"type: MeshService\nmesh: default\nname: '{HOSTILE}'\nspec: {{ports: 5}}\n",
            service("late", labels={"team": HOSTILE.replace("<", "&lt;")})))
        self.write("zones.yaml", "---\n".join(
            f"type: MeshMultiZoneService\nmesh: default\nname: wide{i}\nspec:\n  selector:"
            " {meshService: {matchLabels: {who: x}}}\n  ports: [{port: 80}]\n" for i in range(3)))
        return self.start(settings="log: {format: json}\n"
                                   "vip: {meshMultiZoneService: [243.0.0.0/30]}\n"
                                   "upstream: {servers: ['127.0.0.1:9']}\n")

    def live(self, path):
        return self.browser.text(f'[data-live="{path}"]')


class Reading(PageCase):
    def test_what_is_wrong_comes_first(self):
        self.broken()
        self.open()
        page = self.browser
        self.assertEqual(page.text("#state h2"), "Ready")
        self.assertRegex(page.run("return document.title"), r"^Ready · \d+ errors, \d+ warnings · ")
        wrong = page.text("#wrong")
        for told in ("1 service has no VIP.", "The pool 243.0.0.0/30 of MeshMultiZoneService is full",
                     "Hostname collision with MeshService a1: it has one.mesh from HostnameGenerator same",
                     f"{HOSTILE}.yaml:4:15", "spec.ports: expected a list, found the number 5"):
            self.assertIn(told, wrong)
        rows = page.run("return [...document.querySelectorAll('.services tbody th a')]"
                        ".map((link) => link.textContent)")
        self.assertRegex(rows[0], "^wide")
        self.assertEqual(set(rows[1:3]), {"a1", "a2"})
        self.assertLess(rows.index("a2"), rows.index("redis"))
        order = page.run("return [...document.querySelectorAll('main > section')].map((s) => s.id)")
        self.assertEqual(order, ["state", "wrong", "numbers", "services"])

    def test_names_are_text_whatever_is_in_them(self):
        self.broken()
        for path in ("/", "/?q=%3Cscript%3Ealert(1)%3C/script%3E%22%27",
                     "/?explain=%3Cscript%3Ealert(1)%3C/script%3E%22%27%00%ff"):
            self.open(path)
            self.assertEqual(self.browser.run(
                "return [document.images.length, document.scripts.length,"
                " document.querySelectorAll('[onerror]').length]"), [0, 1, 0], path)
        self.assertEqual(self.browser.console(), [])

    def test_nothing_else_is_loaded_and_nothing_is_complained_of(self):
        self.broken()
        self.open()
        wait_until(lambda: "up to date" in self.browser.text("#live"), "the script has run")
        urls = {url for url in self.browser.requested() if not url.startswith("data:")}
        self.assertEqual(urls, {self.base + "/", self.base + "/status"})
        self.assertEqual(self.browser.console(), [])

    def test_without_scripts(self):
        server = self.broken()
        server.ask("redis.svc.mesh.local")
        self.browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
        self.open()
        self.assertIn("when this page was made", self.browser.text("#live"))
        self.assertEqual(self.live("queries bySource mesh"), "1")
        self.browser.type("#q", "redis" + ENTER)
        wait_until(lambda: "q=redis" in self.browser.url(), "the form was sent")
        self.assertIn("1 of ", self.browser.text("#services p"))
        self.browser.click(".services td a")
        wait_until(lambda: "explain=" in self.browser.url(), "the link was followed")
        self.assertIn("redis.svc.mesh.local is 241.", self.browser.text("#story pre"))
        self.assertEqual({url for url in self.browser.requested() if url.endswith("/status")}, set())

    def test_it_can_be_read(self):
        self.broken()
        for scheme in ("light", "dark"):
            for width, scale in ((1200, 1), (360, 1), (600, 2)):  # the last: at 200 %
                self.browser.look(scheme, width, 800, scale)
                self.open("/?explain=one.mesh")
                where = f"{scheme}, {width} px"
                seen = self.browser.run(CONTRAST)
                self.assertGreater(len(seen), 100)
                self.assertEqual([text for ratio, text in seen if ratio < 4.5], [], where)
                self.assertEqual(self.browser.run(STRUCTURE), [], where)
                self.assertLessEqual(self.browser.run("return document.documentElement.scrollWidth"),
                                     width, where)
                if width == 1200:  # there is room enough: nothing has to be scrolled to
                    self.assertEqual(self.browser.run(
                        "for (const e of document.querySelectorAll('.tables [data-live]'))"
                        "  e.textContent = e.dataset.format === 'bytes' ? '1023.9 MiB' : '12,345,678,901';"
                        "return [...document.querySelectorAll('.scroll')]"
                        ".filter((s) => s.scrollWidth > s.clientWidth).map((s) => s.ariaLabel)"),
                        [], where)

    def test_by_keyboard(self):
        self.start(resources=self.some(3))
        self.open()
        self.browser.press(TAB)
        self.assertEqual(self.browser.run("return document.activeElement.className"), "skip")
        outline = self.browser.run("return getComputedStyle(document.activeElement).outlineStyle")
        self.assertEqual(outline, "solid")
        self.assertGreaterEqual(self.browser.run(
            "return document.activeElement.getBoundingClientRect().left"), 0)
        self.browser.press(ENTER)
        self.assertEqual(self.browser.run("return document.activeElement.id"), "main")
        reached = set()
        for _ in range(40):
            self.browser.press(TAB)
            reached.add(self.browser.run("return document.activeElement.textContent"))
        self.assertLessEqual({"Pause", "s1000", "s1002"}, reached)

    def some(self, count):
        self.write("many.yaml", documents(*[service(f"s{1000 + i}") for i in range(count)]))
        return self.resources

    def test_many_are_on_pages(self):
        self.start(resources=self.some(230))
        self.open()
        self.assertIn("Page 1 of 3", self.browser.text(".pages"))
        self.browser.click("[rel=next]")
        wait_until(lambda: "page=2" in self.browser.url(), "the next page")
        self.assertIn("Shown: 101–200", self.browser.text("#services p"))
        self.assertEqual(self.browser.text(".services tbody th a"), "s1100")


class Asking(PageCase):
    def setUp(self):
        super().setUp()
        self.write("a.yaml", documents(service("redis"), service("web")))
        self.server = self.start()
        self.open()

    def test_a_search(self):
        self.browser.type("#q", "WEB.svc" + ENTER)
        wait_until(lambda: "q=WEB.svc" in self.browser.url(), "the form was sent")
        self.assertEqual(self.browser.text("#services p"),
                         "1 of 2 services are found by WEB.svc; show all.")
        self.assertEqual(self.browser.text(".services tbody th a"), "web")

    def test_a_name_is_explained(self):
        address = self.server.addresses("redis.svc.mesh.local")[0]
        self.browser.type("#explain", "redis.svc.mesh.local" + ENTER)
        wait_until(lambda: "explain=redis" in self.browser.url(), "the form was sent")
        story = self.browser.text("#story pre")
        self.assertTrue(story.startswith(f"redis.svc.mesh.local is {address}\n"), story)
        self.assertIn("selects it by kuma.io/origin=zone", story)

    def test_counters_move_and_can_be_paused(self):
        for _ in range(1234):
            self.server.ask("redis.svc.mesh.local")
        self.server.ask("nope.svc.mesh.local")
        wait_until(lambda: self.live("queries received") == "1,235", "the counter moves")
        self.assertEqual(self.live("queries byRcode NXDOMAIN"), "1")
        wait_until(lambda: self.browser.run("return !document.getElementById('rate-row').hidden"),
                   "a rate is shown")
        # What the script writes is what the server would have written.
        texts = ("return [...document.querySelectorAll('[data-live]')]"
                 ".filter((e) => e.dataset.live !== 'uptimeSeconds').map((e) => e.textContent)")
        moved = self.browser.run(texts)
        self.browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
        self.open()
        self.assertEqual(self.browser.run(texts), moved)
        self.browser.devtools("Emulation.setScriptExecutionDisabled", value=False)
        self.open()
        # Once the first answer is there, none is under way for some seconds.
        wait_until(lambda: "up to date" in self.browser.text("#live"), "the script has run")
        self.browser.click("#pause")
        self.assertEqual(self.browser.text("#pause"), "Go on")
        wait_until(lambda: "Paused" in self.browser.text("#live"), "it is paused")
        before = self.live("queries received")
        self.server.ask("redis.svc.mesh.local")
        self.assertEqual(self.live("queries received"), before)
        self.browser.click("#pause")
        wait_until(lambda: self.live("queries received") == "1,236", "it goes on")

    def test_a_change_of_the_table_is_told(self):
        wait_until(lambda: "up to date" in self.browser.text("#live"), "the script has run")
        self.assertEqual(self.browser.run("return document.getElementById('changed').textContent"), "")
        self.write("b.yaml", service("new"))
        wait_until(lambda: "has changed" in self.browser.run(
            "return document.getElementById('changed').textContent"), "the change is told")
        self.browser.click("#changed a")
        wait_until(lambda: "new.svc.mesh.local" in self.browser.text("#services"), "the new page")

    def test_an_instance_that_went_away_is_told(self):
        wait_until(lambda: "up to date" in self.browser.text("#live"), "the script has run")
        self.server.stop()
        wait_until(lambda: "doesn't answer" in self.browser.text("#live"), "that nobody answers")


if __name__ == "__main__":
    if browser.missing():
        print(f"not installed: {browser.missing()}")
        sys.exit(77)
    unittest.main()
