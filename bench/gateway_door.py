"""The door on one core: our gateway against nginx (auth_request, limit_req) and a Starlette + httpx gateway.

All three check a credential and count a limit on every request and pass it to the same upstream; ours also streams,
times out, breaks circuits and answers RateLimit headers. The server under test has core 0; load, upstream and store
have core 1. Each is run in turns, and the median of the turns counts. `python -m bench.gateway_door [--seconds N]`
"""

from __future__ import annotations

import argparse
import json
import statistics
from contextlib import ExitStack
from dataclasses import dataclass, field

import psutil

from bench.load import LOAD_CORE, SERVER_CORE, Load, cpu_seconds, free_port, memory_mb, wait_for_port, wrk
from bench.our_gateway import our_gateway, python_server, stand_in
from bench.peers.nginx import nginx
from bench.report import Report, finish
from libs.common.stores import EmbeddedValkey
from libs.common.testing.folders import open_folder
from libs.common.testing.tokens import AUDIENCE, Tokens

PATH = "/api/stocks/AAPL/"
CONNECTIONS = 32
TURNS = 3
_UVICORN = "--loop uvloop --http httptools --no-access-log --log-level warning"


@dataclass
class Contender:
    """A gateway under test and what was measured of it."""

    name: str
    port: int
    pid: int
    loads: list[Load] = field(default_factory=list)
    p50_alone_us: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return statistics.median(load.per_second for load in self.loads)

    def measure(self, token: str, seconds: int) -> None:
        url = f"http://127.0.0.1:{self.port}{PATH}"
        before = cpu_seconds(self.pid)
        load = wrk(url, connections=CONNECTIONS, seconds=seconds, token=token)
        self.cpu_us.append((cpu_seconds(self.pid) - before) / load.requests * 1e6)
        self.loads.append(load)
        self.p50_alone_us.append(wrk(url, connections=1, seconds=1, token=token).p50_us)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=4)
    seconds: int = arguments.parse_args().seconds
    report = Report(f"gateway on one core: JWT check, limit, proxy; {CONNECTIONS} connections")
    tokens = Tokens()
    token = tokens.user(tier="ELITE")
    jwks = json.dumps({"keys": [tokens.key.public_jwk()]})

    with ExitStack() as stack:
        folder = stack.enter_context(open_folder("bench"))
        store = EmbeddedValkey(folder / "valkey", durable=False)
        store.start()
        stack.callback(store.stop)
        psutil.Process(store.pid).cpu_affinity([LOAD_CORE])
        upstream = stack.enter_context(stand_in(folder, tokens))
        here = f"http://127.0.0.1:{upstream}"
        ours, our_pid = stack.enter_context(our_gateway(folder, services_port=upstream, redis_url=store.url))
        usual = free_port()
        usual_pid = stack.enter_context(
            python_server(
                folder,
                [*f"-m uvicorn bench.peers.starlette_gateway:app --port {usual}".split(), *_UVICORN.split()],
                {
                    "PEER_UPSTREAM": here,
                    "PEER_REDIS": store.url,
                    "PEER_JWKS": jwks,
                    "PEER_AUDIENCE": AUDIENCE,
                },
            )
        )
        wait_for_port(usual)
        door = free_port()
        nginx_pid = stack.enter_context(
            nginx(
                folder,
                door,
                """
                location / {
                    auth_request /check; limit_req zone=all burst=1000000 nodelay;
                    proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection '';
                }
                location = /check {
                    internal; proxy_pass http://up/check; proxy_pass_request_body off;
                    proxy_set_header Content-Length ''; proxy_http_version 1.1; proxy_set_header Connection '';
                }
                """,
                core=SERVER_CORE,
                http=f"""
                limit_req_zone $http_authorization zone=all:10m rate=1000000r/s;
                upstream up {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 100000000; }}
                """,
            )
        )
        contenders = {
            "nginx": Contender("nginx, auth_request and limit_req", door, nginx_pid),
            "ours": Contender("our gateway", ours, our_pid),
            "usual": Contender("Starlette + httpx + python-jose + redis-py", usual, usual_pid),
        }
        alone = statistics.median(
            wrk(f"{here}{PATH}", connections=1, seconds=1, token=token).p50_us for _ in range(TURNS)
        )
        for contender in contenders.values():  # one turn to warm up, which does not count
            wrk(f"http://127.0.0.1:{contender.port}{PATH}", connections=CONNECTIONS, seconds=1, token=token)
        for _ in range(TURNS):
            for contender in contenders.values():
                contender.measure(token, seconds)

        for contender in contenders.values():
            added = statistics.median(contender.p50_alone_us) - alone
            report.note(
                f"{contender.name:44s} {contender.per_second:9,.0f} req/s"
                f" {statistics.median(contender.cpu_us):7.0f} µs CPU each"
                f"  p99 {statistics.median(load.p99_us for load in contender.loads) / 1000:6.1f} ms"
                f"  added p50 alone {added:5.0f} µs  {memory_mb(contender.pid):5.0f} MB"
            )
        our_rate = contenders["ours"].per_second
        report.at_least("of nginx with auth_request and limit_req", our_rate / contenders["nginx"].per_second, 0.35)
        report.at_least("times the Starlette + httpx gateway", our_rate / contenders["usual"].per_second, 30)
        added_us = {name: statistics.median(each.p50_alone_us) - alone for name, each in contenders.items()}
        report.at_most("added p50, one connection", added_us["ours"], 150, "µs")
        # On a machine whose idle cores wake slowly every hop costs more, nginx' hops too.
        report.note(f"of what nginx adds there: {added_us['ours'] / added_us['nginx']:.2f}x")
    finish(report)


if __name__ == "__main__":
    main()
