"""From `make run`'s supervisor to an open gateway: the first start of a new data folder, and the second.

What is installed stays installed; the goals are for that. `python -m bench.start`
"""

from __future__ import annotations

from bench.load import memory_mb
from bench.report import Report, finish
from libs.common.testing.folders import open_folder
from tests.support.platform import Platform


def main() -> None:
    report = Report("start of the whole platform until the gateway's port is open")
    with open_folder("bench") as folder:
        platform = Platform(folder, port_offset=24_000)
        first = platform.start()
        memory = memory_mb(platform.pid)
        platform.stop()
        second = platform.start()
        platform.stop()
    report.at_most("first start, installed", first, 15, "s")
    report.at_most("second start", second, 10, "s")
    report.note(f"resident memory of all processes, shared pages counted each time: {memory:,.0f} MB")
    finish(report)


if __name__ == "__main__":
    main()
