"""A user agent in words for people: pure."""

from __future__ import annotations

import re

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""The first that occurs is it: each names those before it as well."""

_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)

_PROGRAM = re.compile(r"[A-Za-z][A-Za-z0-9 ._-]{0,30}")

UNKNOWN = "Unknown device"


def device_of(user_agent: str) -> str:
    """Say what a user agent means: "Firefox on Windows", or the name of a program."""
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), None)
    if browser is not None:
        return browser if system is None else f"{browser} on {system}"
    program = _PROGRAM.match(user_agent.partition("/")[0])
    if program is None or program[0] == "Mozilla":
        return UNKNOWN if system is None else system
    return program[0].strip()
