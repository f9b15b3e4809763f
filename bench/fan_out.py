"""Ticks to many browsers: our gateway's socket against nchan, on one core each, with the same messages and readers.

Every reader follows 20 of 500 instruments; ticks are offered at a rate that asks for 480,000 deliveries a second of
2,000 readers, which saturates nchan. No instrument ticks twice within our flush, so nothing is conflated away: each
delivery counted is one tick that one reader received. `python -m bench.fan_out [--readers N] [--ticks N] [--seconds N]`
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import psutil

from bench.load import LOAD_CORE, SERVER_CORE, cpu_seconds, free_port, memory_mb, pinned
from bench.our_gateway import our_gateway, stand_in
from bench.peers.nginx import nginx
from bench.report import Report, finish
from libs.common.stores import EmbeddedValkey
from libs.common.testing.folders import open_folder
from libs.common.testing.tokens import Tokens

INSTRUMENTS = 500
FOLLOWED = 20
NCHAN = "/usr/lib/nginx/modules/ngx_nchan_module.so"


def run_readers(
    kind: str, port: int, pid: int, options: argparse.Namespace, *, publish: str, tokens: Path
) -> dict[str, float]:
    """Run readers and publisher on the load core; return rate, p50 and p99 in ms, and the server's CPU and memory."""
    process = subprocess.Popen(
        pinned(
            LOAD_CORE,
            *[sys.executable, "-m", "bench.peers.readers", kind, str(port), publish, str(tokens)],
            *[str(options.readers), str(options.ticks), str(options.seconds)],
        ),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    started = process.stdout.readline()
    if started.strip() != "START":
        raise RuntimeError(f"The readers of {kind} did not come up: {started}")
    before = cpu_seconds(pid)
    result: dict[str, float] = json.loads(process.stdout.readline())
    used = cpu_seconds(pid) - before
    process.wait(30)
    return {**result, "cpu_us": used / max(1.0, result["deliveries"]) * 1e6, "mb": memory_mb(pid)}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--readers", type=int, default=2_000)
    arguments.add_argument("--ticks", type=int, default=6_000, help="offered a second")
    arguments.add_argument("--seconds", type=int, default=5)
    options = arguments.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65_536), most))
    offered = options.ticks * options.readers * FOLLOWED / INSTRUMENTS
    report = Report(
        f"fan-out: {options.readers:,} readers, {options.ticks:,} ticks/s, {offered:,.0f} deliveries/s offered"
    )
    tokens = Tokens()
    with ExitStack() as stack:
        folder = stack.enter_context(open_folder("bench"))
        store = EmbeddedValkey(folder / "valkey", durable=False)
        store.start()
        stack.callback(store.stop)
        psutil.Process(store.pid).cpu_affinity([LOAD_CORE])
        who = folder / "tokens.json"  # a user has at most five sockets
        who.write_text(json.dumps([tokens.user(tier="ELITE") for _ in range(options.readers // 4)]))
        services = stack.enter_context(stand_in(folder, tokens))
        with our_gateway(folder, services_port=services, redis_url=store.url) as (port, pid):
            our = run_readers("ours", port, pid, options, publish=store.url, tokens=who)

        peer = free_port()
        peer_pid = stack.enter_context(
            nginx(
                folder,
                peer,
                """
                location ~ ^/sub/(.+)$ {
                    nchan_subscriber websocket; nchan_channel_id $1; nchan_channel_id_split_delimiter ",";
                    nchan_subscriber_first_message newest;
                }
                location ~ ^/pub/(.+)$ {
                    nchan_publisher; nchan_channel_id $1; nchan_message_buffer_length 1; nchan_message_timeout 5s;
                }
                """,
                core=SERVER_CORE,
                http="nchan_shared_memory_size 256M;",
                modules=f"load_module {NCHAN};",
            )
        )
        nchan = run_readers(
            "nchan", peer, peer_pid, options, publish=f"127.0.0.1:{peer}", tokens=folder / "tokens.json"
        )

    if not our["deliveries"] or not nchan["deliveries"]:
        raise SystemExit("A server delivered nothing: the yardstick is at fault, and no ratio follows.")
    for name, seen in (("our gateway", our), ("nchan", nchan)):
        report.note(
            f"{name:12s} {seen['rate']:9,.0f} deliveries/s  {seen['cpu_us']:6.2f} µs CPU each"
            f"  p50 {seen['p50_ms']:,.0f} ms  p99 {seen['p99_ms']:,.0f} ms  {seen['mb']:,.0f} MB"
        )
    report.at_least("deliveries a second, against nchan", our["rate"] / nchan["rate"], 1)
    report.at_least("deliveries a second of CPU, against nchan", nchan["cpu_us"] / our["cpu_us"], 4)
    report.note(f"of what was offered we delivered {our['rate'] / offered:.0%}, nchan {nchan['rate'] / offered:.0%}")
    finish(report)


if __name__ == "__main__":
    main()
