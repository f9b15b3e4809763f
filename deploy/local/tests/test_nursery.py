"""Children of the nursery: born, heard, counted and never left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.children import Nursery, NurseryLost
from deploy.local.warm import LIBRARIES, OURS
from libs.common.testing.waiting import eventually

ROOT = Path(__file__).resolve().parents[3]
CHILD = """
import os, signal, sys, time
print("argv", *sys.argv[1:], flush=True)
print("word", os.environ.get("WORD"), flush=True)
if sys.argv[1] == "fail":
    raise RuntimeError("on purpose")
if sys.argv[1] == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if sys.argv[1] in ("stay", "stubborn"):
    print("pid", os.getpid(), flush=True)
    time.sleep(60)
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "nursery_child.py").write_text(CHILD)
    return {"PATH": os.defpath, "WORD": "hello"}


@pytest.fixture
async def nursery(
    tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Nursery]:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(tmp_path)]))
    made = Nursery(["json"])
    yield made
    await made.close()


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def count_threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def nice_of_session(pid: int) -> int | None:
    """Read it where the kernel shares its time out between sessions."""
    try:
        return int(Path(f"/proc/{pid}/autogroup").read_text().split()[-1])
    except OSError:
        return None


async def gone(pid: int) -> None:
    async def is_gone() -> bool:
        return not is_alive(pid)

    await eventually(is_gone)


async def test_a_child_runs_a_module_with_its_own_environment(nursery: Nursery, environment: dict[str, str]) -> None:
    lines: list[str] = []
    child = await nursery.spawn_command(
        "child", "nursery_child", ["quick", "2"], environment=environment, on_line=lines.append
    )
    assert await child.ended == 0
    await eventually(lambda: asyncio.sleep(0, len(lines) == 2))
    assert lines == ["argv quick 2", "word hello"]
    assert await nursery.warm_s >= 0


async def test_a_child_may_be_told_to_step_back(nursery: Nursery, environment: dict[str, str]) -> None:
    lines: list[str] = []
    child = await nursery.spawn_command(
        "child", "nursery_child", ["stay"], environment=environment, on_line=lines.append, nice=7
    )
    await eventually(lambda: asyncio.sleep(0, len(lines) == 3))
    assert os.getpriority(os.PRIO_PROCESS, child.pid) == min(os.getpriority(os.PRIO_PROCESS, 0) + 7, 19)
    assert nice_of_session(child.pid) in {7, None}
    await child.stop(patience_s=5)


async def test_a_child_that_fails_says_why(nursery: Nursery, environment: dict[str, str]) -> None:
    lines: list[str] = []
    child = await nursery.spawn_command("c", "nursery_child", ["fail"], environment=environment, on_line=lines.append)
    assert await child.ended == 1
    await eventually(lambda: asyncio.sleep(0, any("RuntimeError: on purpose" in line for line in lines)))


async def test_a_child_that_does_not_stop_is_killed(nursery: Nursery, environment: dict[str, str]) -> None:
    lines: list[str] = []
    child = await nursery.spawn_command(
        "c", "nursery_child", ["stubborn"], environment=environment, on_line=lines.append
    )
    await eventually(lambda: asyncio.sleep(0, any(line.startswith("pid") for line in lines)))
    assert await child.stop(patience_s=0.05) == -signal.SIGKILL
    assert not child.is_alive


async def test_a_kill_at_the_moment_of_birth_is_not_lost(nursery: Nursery, environment: dict[str, str]) -> None:
    async def short_life() -> int:
        child = await nursery.spawn_command("c", "nursery_child", ["stay"], environment=environment, on_line=print)
        child.send(signal.SIGKILL)
        return await asyncio.wait_for(child.ended, 20)

    ends = await asyncio.gather(*(short_life() for _ in range(100)))
    assert ends == [-signal.SIGKILL] * 100


async def test_many_children_at_once(nursery: Nursery, environment: dict[str, str]) -> None:
    heard: list[str] = []
    children = await asyncio.gather(
        *(
            nursery.spawn_command(
                str(number), "nursery_child", [str(number)], environment=environment, on_line=heard.append
            )
            for number in range(13)
        )
    )
    assert await asyncio.gather(*(child.ended for child in children)) == [0] * 13
    await eventually(lambda: asyncio.sleep(0, len(heard) == 26))
    assert {line for line in heard if line.startswith("argv")} == {f"argv {number}" for number in range(13)}


async def test_when_the_nursery_is_killed_its_children_go_too(nursery: Nursery, environment: dict[str, str]) -> None:
    lines: list[str] = []
    child = await nursery.spawn_command("c", "nursery_child", ["stay"], environment=environment, on_line=lines.append)
    nursery._process.kill()
    assert await child.ended == -signal.SIGKILL
    await gone(child.pid)
    assert not nursery.is_alive
    with pytest.raises(NurseryLost):
        await nursery.spawn_command("c", "nursery_child", ["stay"], environment=environment, on_line=lines.append)


async def test_what_it_imports_starts_no_thread() -> None:
    nursery = Nursery(LIBRARIES + OURS)
    try:
        await nursery.warm_s
        assert count_threads(nursery._process.pid) == 1
    finally:
        await nursery.close()


CLIENT = """
import asyncio, os, sys
from deploy.local.children import Nursery

async def main():
    nursery = Nursery([])
    child = await nursery.spawn_command("c", "nursery_child", ["stubborn"], environment=dict(os.environ), on_line=print)
    print("born", child.pid, nursery._process.pid, flush=True)
    await child.ended

asyncio.run(main())
"""


async def test_when_the_client_is_killed_nothing_is_left(
    tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(tmp_path)]))
    client = await asyncio.create_subprocess_exec(sys.executable, "-c", CLIENT, stdout=asyncio.subprocess.PIPE)
    assert client.stdout is not None
    while not (line := (await client.stdout.readline()).split()) or line[0] != b"born":
        assert line, "the client ended early"
    client.kill()
    await client.wait()
    for pid in line[1:]:
        await gone(int(pid))
