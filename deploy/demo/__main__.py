"""`python -m deploy.demo`: walk the journey, print each step with its time, exit with 1 where it stops."""

from __future__ import annotations

import argparse
import time

from deploy.demo.client import Http, Stumbled
from deploy.demo.journey import Journey
from deploy.local.environment import public_url
from deploy.local.processes import MAILSINK
from deploy.local.settings import LocalSettings, port_numbers, variables_of_user


def main() -> int:
    ports = port_numbers(LocalSettings(), variables_of_user())
    parser = argparse.ArgumentParser(prog="python -m deploy.demo", description=__doc__)
    parser.add_argument("--url", default=public_url(ports), help="the platform (%(default)s)")
    parser.add_argument(
        "--mails", default=f"http://localhost:{ports[MAILSINK.port.setting]}", help="the mail sink (%(default)s)"
    )
    parser.add_argument("--patience", type=float, default=240, help="seconds for a price to cross (%(default)g)")
    options = parser.parse_args()
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:8.2f} s  {text}", flush=True)

    print(f"walking the journey at {options.url}")
    try:
        Journey(Http(options.url), Http(options.mails), options.url, say).walk(patience_s=options.patience)
    except Stumbled as error:
        say(f"STOPPED: {error}")
        return 1
    say("done: from register to the alert's mail")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
