"""Headless Chromium over its DevTools protocol, by two pipes: pages are driven with their own policy in force."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
    *("--remote-debugging-pipe", "--hide-scrollbars"),
)
NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 120.0
"""Seconds in which an answer has to come."""
# The protocol's pipes are the descriptors 3 and 4 of the browser.
LAUNCH = "import os, sys; os.dup2({read}, 3); os.dup2({write}, 4); os.execv(sys.argv[1], sys.argv[1:])"
KEYS = {
    **{
        name: (name, code) for name, code in (("ArrowLeft", 37), ("ArrowUp", 38), ("ArrowRight", 39), ("ArrowDown", 40))
    },
    **{name: (name, code) for name, code in (("Escape", 27), ("Home", 36), ("End", 35), ("Tab", 9))},
    " ": ("Space", 32),
    "Enter": ("Enter", 13),
}
"""Code and number of keys that browsers answer themselves."""


def installed() -> str | None:
    """The browser's program, or None."""
    return next((path for name in NAMES if (path := shutil.which(name)) is not None), None)


class Browser:
    """A running browser; leave it as a context manager."""

    def __init__(self, program: str, profile: Path) -> None:
        there, self._out = os.pipe()
        self._in, back = os.pipe()
        command = [sys.executable, "-c", LAUNCH.format(read=there, write=back), program, *FLAGS]
        self._process = subprocess.Popen(
            [*command, f"--user-data-dir={profile}"],
            pass_fds=(there, back),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(there)
        os.close(back)
        self._left = b""
        self._number = 0
        self._events: list[dict[str, Any]] = []

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """A command's answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        message |= {"sessionId": session} if session else {}
        self._write(json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return dict(answer["result"])
            self._events.append(answer)

    def event(self, method: str, **wanted: Any) -> dict[str, Any]:
        """The next event of this name and with these values, perhaps one that has come already."""
        while True:
            for at, event in enumerate(self._events):
                if event.get("method") == method and wanted.items() <= event["params"].items():
                    del self._events[at]
                    return dict(event["params"])
            self._events.append(self._read())

    def page(self, width: int = 1300, height: int = 1000) -> Page:
        """A new, empty page."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return Page(self, target, session, width, height)

    def _write(self, message: bytes) -> None:
        while message:
            message = message[os.write(self._out, message) :]

    def _read(self) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE
        while b"\0" not in self._left:
            ready, _, _ = select.select([self._in], [], [], max(0.0, until - time.monotonic()))
            assert ready, f"the browser said nothing for {PATIENCE:.0f} s"
            read = os.read(self._in, 1 << 20)
            assert read, "the browser ended"
            self._left += read
        message, _, self._left = self._left.partition(b"\0")
        return dict(json.loads(message))


class Page:
    """A page of a browser."""

    def __init__(self, browser: Browser, target: str, session: str, width: int, height: int) -> None:
        self._browser, self._target, self._session = browser, target, session
        self.call("Page.enable")
        self.resize(width, height)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A command's answer."""
        return self._browser.call(method, self._session, **parameters)

    def open(self, path: Path) -> None:
        """Load a file and wait until it is there."""
        self.call("Page.navigate", url=path.as_uri())
        self._browser.event("Page.loadEventFired")

    def close(self) -> None:
        """Close the page."""
        self._browser.call("Target.closeTarget", targetId=self._target)

    def resize(self, width: int, height: int) -> None:
        """Take a window of this size in pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )

    def prefer(self, **features: str) -> None:
        """Media features such as ``prefers_color_scheme="dark"``."""
        named = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.call("Emulation.setEmulatedMedia", features=named)

    def ask(self, script: str) -> Any:
        """What the body of an asynchronous function returns."""
        expression = f"(async () => {{ {script} }})()"
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, *keys: str, shift: bool = False) -> None:
        """Press keys one after the other where the focus is."""
        for key in keys:
            code, number = KEYS.get(key, (f"Key{key.upper()}" if key.isalpha() else "", ord(key[0].upper())))
            text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
            common = {"key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": 8 if shift else 0}
            self.call("Input.dispatchKeyEvent", type="keyDown", **common, **({"text": text} if text else {}))
            self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def centre(self, selector: str, across: float = 0.5, down: float = 0.5) -> tuple[float, float]:
        """A place in an element, which is scrolled to, in the window's pixels; once the page has come to rest there."""
        x, y = self.ask(
            f"const node = document.querySelector({json.dumps(selector)});"
            "const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));"
            "let r = null, before;"
            "do {"
            "  before = r; node.scrollIntoView({ block: 'center', behavior: 'instant' });"
            "  await drawn(); r = node.getBoundingClientRect();"
            "} while (before === null || before.top !== r.top || before.left !== r.left);"
            f"return [r.left + {across} * r.width, r.top + {down} * r.height];"
        )
        return float(x), float(y)

    def click(self, selector: str, across: float = 0.5, down: float = 0.5) -> None:
        """Press and release the mouse on an element."""
        self.drag(self.centre(selector, across, down))

    def drag(self, *places: tuple[float, float]) -> None:
        """Press the mouse on the first place and release it on the last."""
        button = {"button": "left", "clickCount": 1}
        for at, (x, y) in enumerate(places):
            self.call(
                "Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y, buttons=int(at > 0), button=button["button"]
            )
            if at == 0:
                self.call("Input.dispatchMouseEvent", type="mousePressed", x=x, y=y, **button)
        x, y = places[-1]
        self.call("Input.dispatchMouseEvent", type="mouseReleased", x=x, y=y, **button)

    def hover(self, place: tuple[float, float]) -> None:
        """Move the mouse."""
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=place[0], y=place[1])

    def download(self, selector: str, folder: Path) -> Path:
        """The file that a click on an element saves."""
        self._browser.call(
            "Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder), eventsEnabled=True
        )
        self.click(selector)
        begun = self._browser.event("Browser.downloadWillBegin")
        self._browser.event("Browser.downloadProgress", guid=begun["guid"], state="completed")
        return folder / str(begun["suggestedFilename"])

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        """Write what is seen as PNG; the whole page if asked for."""
        content = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(content["data"]))
