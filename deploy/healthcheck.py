"""`python -m deploy.healthcheck PORT`: exit 0 when the process on that port is ready. For containers without curl."""

from __future__ import annotations

import sys
import urllib.request
from urllib.error import URLError

TIMEOUT_S = 4.0


def is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=TIMEOUT_S) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


if __name__ == "__main__":
    raise SystemExit(0 if is_ready(int(sys.argv[1])) else 1)
