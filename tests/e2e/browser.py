"""A headless Chromium, driven by WebDriver (https://www.w3.org/TR/webdriver2/) over plain HTTP."""
import base64
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile

from harness import DEADLINE, wait_until

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key of a reference, WebDriver 12.1
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--window-size=1200,900"]


def missing():
    """What isn't installed, or ""."""
    return ", ".join(name for name in ("chromium", "chromedriver") if not shutil.which(name))


class Browser:
    """One window with a profile of its own. A context manager."""

    def __enter__(self):
        self.profile = tempfile.mkdtemp(prefix="mesh-dns-chromium-")
        self.log = open(os.path.join(self.profile, "driver.log"), "w+b")
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=self.log,
                                       stderr=subprocess.STDOUT, start_new_session=True)
        try:
            self.port = wait_until(self.driver_port, "chromedriver's port")
            options = {"args": [*FLAGS, f"--user-data-dir={self.profile}/user"]}
            capabilities = {"browserName": "chrome", "goog:chromeOptions": options,
                            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
            self.session = ""
            made = self.call("POST", "", {"capabilities": {"alwaysMatch": capabilities}})
            self.session = "/" + made["sessionId"]
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            if getattr(self, "session", ""):
                self.call("DELETE", "")
        finally:
            os.killpg(self.driver.pid, signal.SIGKILL)  # a group of its own: with its Chromium
            self.driver.wait()
            self.log.close()
            shutil.rmtree(self.profile, ignore_errors=True)

    def driver_port(self):
        if self.driver.poll() is not None:
            raise AssertionError("chromedriver ended")
        with open(self.log.name) as log:
            # With the line's end: the last line may be half written.
            found = re.search(r"started successfully on port (\d+)\.?\n", log.read())
        return int(found[1]) if found else None

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=4 * DEADLINE)
        text = json.dumps(body if body is not None else {}) if method == "POST" else None
        connection.request(method, f"/session{self.session}{path}", text,
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        value = json.loads(answer.read())["value"]
        connection.close()
        if answer.status != 200:
            raise AssertionError(f"{method} {path}: {value}")
        return value

    def open(self, url):
        self.call("POST", "/url", {"url": url})

    def url(self):
        return self.call("GET", "/url")

    def run(self, script, *arguments):
        """Runs JavaScript as a function's body, and gives what it returns."""
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def find(self, selector):
        found = self.call("POST", "/element", {"using": "css selector", "value": selector})
        return "/element/" + found[ELEMENT]

    def text(self, selector):
        return self.call("GET", self.find(selector) + "/text")

    def type(self, selector, keys):
        self.call("POST", self.find(selector) + "/value", {"text": keys})

    def press(self, keys):
        """To whatever has the focus."""
        presses = [{"type": what, "value": key} for key in keys for what in ("keyDown", "keyUp")]
        self.call("POST", "/actions",
                  {"actions": [{"type": "key", "id": "keyboard", "actions": presses}]})

    def click(self, selector):
        self.call("POST", self.find(selector) + "/click")

    def devtools(self, command, **parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def look(self, scheme="light", width=1200, height=900, scale=1):
        """Colours, and the window's size in CSS pixels."""
        self.devtools("Emulation.setEmulatedMedia",
                      features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=scale, mobile=False)

    def screenshot(self, path, y=0, height=None):
        """Of the whole page, or of the part from `y`, for whoever wants to look at a failure."""
        size = self.devtools("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": y, "width": size["width"], "height": height or size["height"], "scale": 1}
        shot = self.devtools("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    def console(self):
        """What was said in the console since the last call."""
        return self.call("POST", "/se/log", {"type": "browser"})

    def requested(self):
        """The URLs that were asked for since the last call."""
        messages = [json.loads(entry["message"])["message"]
                    for entry in self.call("POST", "/se/log", {"type": "performance"})]
        return [message["params"]["request"]["url"] for message in messages
                if message["method"] == "Network.requestWillBeSent"]
