"""nginx as upstream, as a gateway of its own, and (with nchan) as a fan-out server. One worker, pinned to one core."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.load import pinned, wait_for_port


@contextmanager
def nginx(folder: Path, port: int, server: str, *, core: int, http: str = "", modules: str = "") -> Iterator[int]:
    """Run nginx with one server block on a loopback port; yields its pid. Raises RuntimeError without nginx."""
    binary = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if binary is None:
        raise RuntimeError("nginx is not installed (Debian: nginx, libnginx-mod-nchan).")
    name = f"nginx{port}"
    config = folder / f"{name}.conf"
    alone = "" if modules else "master_process off;"  # nchan talks between its processes
    config.write_text(
        f"""
        {modules}
        worker_processes 1; daemon off; {alone} pid {folder}/{name}.pid; error_log {folder}/{name}.err warn;
        worker_rlimit_nofile 16384;
        events {{ worker_connections 8192; }}
        http {{
            access_log off; keepalive_requests 100000000; default_type application/json;
            client_body_temp_path {folder}/{name}.b; proxy_temp_path {folder}/{name}.p;
            fastcgi_temp_path {folder}/{name}.f; uwsgi_temp_path {folder}/{name}.u; scgi_temp_path {folder}/{name}.s;
            {http}
            server {{ listen 127.0.0.1:{port}; {server} }}
        }}
        """,
        encoding="utf-8",
    )
    process = subprocess.Popen(pinned(core, binary, "-c", str(config)), stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port)
        yield process.pid
    finally:
        process.terminate()
        process.wait(10)
