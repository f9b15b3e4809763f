"""One platform for all processes of a test run: who needs it first starts it, who needs it last ends it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.platform import Platform, wait_until

OTHERS_END_WITHIN_S = 1_200.0


class SharedPlatform:
    """This process's part in it. What all must know stands in a file beside the platform's own folder."""

    def __init__(self, *, port_offset: int, settings: Mapping[str, str]) -> None:
        run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())
        self._folder = Path(tempfile.gettempdir()) / f"sw-run-{run[:12]}"
        self._port_offset = port_offset
        self._settings = settings
        self._started: Platform | None = None
        self._is_user = False

    def enter(self) -> Platform:
        """Give the platform; start it unless another process has."""
        self._folder.mkdir(mode=0o755, exist_ok=True)
        with self._state() as state:
            if state["users"] == 0:
                self._started = Platform(
                    self._folder / "platform", port_offset=self._port_offset, settings=self._settings
                )
                self._started.start()
                state |= {"offset": self._started.offset, "pid": self._started.pid}
            state["users"] += 1
            self._is_user = True
            return self._started or Platform.of_another(self._folder / "platform", state["offset"], self._settings)

    def leave(self) -> None:
        """Say that this process is done with it; the last to say so ends it. A second word counts for nothing."""
        if not self._is_user:
            return
        self._is_user = False
        with self._state() as state:
            state["users"] -= 1
            if state["users"] == 0:
                os.kill(state["pid"], signal.SIGINT)

    def close(self) -> None:
        """Leave for good. What we have started dies with us, so that we wait for the others."""
        self.leave()
        if self._started is None:
            return
        wait_until(lambda: self._users() == 0, within=OTHERS_END_WITHIN_S, what="the other processes of the run")
        self._started.await_end()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _users(self) -> int:
        with self._state() as state:
            return int(state["users"])

    @contextmanager
    def _state(self) -> Iterator[dict[str, Any]]:
        with (self._folder / "state").open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            text = file.read()
            state: dict[str, Any] = json.loads(text) if text else {"users": 0}
            yield state
            file.truncate(0)
            file.write(json.dumps(state))
