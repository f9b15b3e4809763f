"""`python -m deploy.local.vite`: become Vite's development server, which sends /api and /ws on to the gateway."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

from deploy.local.settings import LocalSettings

WEB = Path(__file__).resolve().parents[2] / "web"


def become_vite() -> NoReturn:
    beside_python = Path(sys.executable).parent / "node"
    node = shutil.which("node", path=f"{beside_python.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}")
    vite = WEB / "node_modules" / "vite" / "bin" / "vite.js"
    if node is None or not vite.exists():
        raise SystemExit("Vite or node is missing: run `make web-setup` first.")
    settings = LocalSettings()
    os.environ.setdefault("SHAREWISE_GATEWAY_URL", settings.public_url)
    os.chdir(WEB)
    os.execv(  # noqa: S606  Vite keeps this process's id and parent-death signal
        node, [node, str(vite), "--host", settings.host, "--port", os.environ["VITE_PORT"], "--strictPort"]
    )


if __name__ == "__main__":
    become_vite()
