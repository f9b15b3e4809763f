"""The process that computes one backtest: `python -m services.signals.backtests.child FOLDER`, started by the runner.

It reads `job.json` and `bars.npz` from the folder and writes `report`; each line on its standard output is JSON:
`{"part": 0.25, "stage": "measuring"}`, and at the end `{"found": {...}}` or `{"refused": {"code", "words"}}`.
It takes no more memory than it was given, gives way to everything else, and dies with its parent.

With `--warm-up` in place of a folder it leaves the compiled loops on disk for those that come after it.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

_PR_SET_PDEATHSIG = 1


def main(folder: Path) -> int:
    """Compute what stands in the folder. Returns the exit code."""
    # Our words go where nothing else is printed.
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def say(line: Mapping[str, Any]) -> None:
        out.write(orjson.dumps(line) + b"\n")

    job = orjson.loads((folder / "job.json").read_bytes())
    _submit(job["memory_bytes"], job["parent"])
    # Only now, so that what is loaded counts too.
    from services.signals.backtests import bars_file, computing

    try:
        bars = bars_file.read_bars(folder / "bars.npz")
        found = computing.compute(job["parameters"], bars, lambda part, stage: say({"part": part, "stage": stage}))
        (folder / "report").write_bytes(found.body)
        say({"found": found.told()})
    except computing.Refused as refused:
        say({"refused": {"code": refused.code, "words": refused.words}})
    except MemoryError:
        say(
            {
                "refused": {
                    "code": "memory",
                    "words": f"It needs more memory than a backtest may take ({job['memory_bytes'] >> 20:,} MB). "
                    "Test less at once.",
                }
            }
        )
    return 0


def warm_up() -> int:
    """Compile what backtests and scans run, gently. Returns the exit code."""
    os.nice(10)
    from libs.quant import backtest, panel
    from libs.quant.expr import long

    backtest.warm_up()
    panel.warm_up()
    long.warm_up()
    return 0


def _submit(memory_bytes: int, parent: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we could ask to die with it
        os._exit(1)
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.exit(warm_up() if sys.argv[1] == "--warm-up" else main(Path(sys.argv[1])))
