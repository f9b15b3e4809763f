"""The door as a process: one or several, from start to leaving."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import httpx
import psutil
import pytest
from redis.asyncio import Redis
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from gateway.server.listening import PortTaken, listen
from gateway.tests.conftest import FakeService, Received
from gateway.tests.processes import gateway_process, is_ready
from libs.common.testing.plugin import Stores
from libs.common.testing.tokens import Tokens
from libs.common.testing.waiting import eventually


async def test_one_process_serves_both_addresses_and_leaves_in_order(
    stores: Stores, redis: Redis, service: FakeService, tokens: Tokens
) -> None:
    async with gateway_process(stores, service, tokens) as (process, port):
        async with httpx.AsyncClient() as http:
            for host in ("127.0.0.1", "[::1]"):
                assert (await http.get(f"http://{host}:{port}/healthz")).status_code == 200
        async with connect(f"ws://localhost:{port}/ws", proxy=None) as client:
            await client.send(json.dumps({"op": "auth", "token": tokens.user()}))
            assert json.loads(await client.recv())["op"] == "ack"
            process.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed) as end:
                await asyncio.wait_for(client.recv(), 10)
            assert end.value.rcvd is not None
            assert end.value.rcvd.code == 1001
        assert await asyncio.wait_for(process.wait(), 20) in (0, -signal.SIGTERM)


async def test_an_answer_in_progress_is_finished_before_leaving(
    stores: Stores, redis: Redis, service: FakeService, tokens: Tokens
) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()
    async with gateway_process(stores, service, tokens) as (process, port), httpx.AsyncClient() as http:
        known = service.reply
        assert known is not None

        async def reply(request: Received, writer: asyncio.StreamWriter) -> None:
            if "/api/plans" in request.line:
                asked.set()
                await go_on.wait()
            await known(request, writer)

        service.reply = reply
        answer = asyncio.create_task(http.get(f"http://127.0.0.1:{port}/api/plans/"))
        await asked.wait()
        process.send_signal(signal.SIGTERM)
        go_on.set()
        assert (await answer).status_code == 200
        await asyncio.wait_for(process.wait(), 20)


async def test_a_dead_process_of_several_is_made_again(
    stores: Stores, redis: Redis, service: FakeService, tokens: Tokens
) -> None:
    async with gateway_process(stores, service, tokens, GATEWAY_PROCESSES="2") as (process, port):
        parent = psutil.Process(process.pid)
        before = {child.pid for child in parent.children()}
        assert len(before) == 2
        os.kill(min(before), signal.SIGKILL)

        async def is_whole() -> bool:
            now = {child.pid for child in parent.children()}
            return len(now) == 2 and now != before

        await eventually(is_whole, within=20)
        await eventually(lambda: is_ready(port), within=20)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 30) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
async def test_a_killed_parent_leaves_no_process_behind(
    stores: Stores, redis: Redis, service: FakeService, tokens: Tokens
) -> None:
    async with gateway_process(stores, service, tokens, GATEWAY_PROCESSES="2") as (process, _):
        children = psutil.Process(process.pid).children()
        process.kill()
        gone, alive = await asyncio.to_thread(psutil.wait_procs, children, timeout=20)
        assert (len(gone), alive) == (2, [])


async def test_a_taken_port_is_a_clear_word(tmp_path: Path) -> None:
    held = listen(["127.0.0.1"], 0)
    port = held[0].getsockname()[1]
    with pytest.raises(PortTaken, match=f"Port {port}"):
        listen(["127.0.0.1", "::1"], port)
    environment = {**os.environ, "SHAREWISE_ENV": "test", "GATEWAY_PORT": str(port)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", env=environment, stderr=asyncio.subprocess.PIPE
    )
    _, words = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 3
    assert (
        words.decode().splitlines()[-1] == f"Port {port} of 127.0.0.1 is taken: stop what uses it, or set GATEWAY_PORT."
    )
    for each in held:
        each.close()
