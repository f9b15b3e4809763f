"""`make bench`: run every yardstick, each in a process of its own, and say which goals were missed."""

from __future__ import annotations

import subprocess
import sys

YARDSTICKS = (
    "alert_match",
    "expressions",
    "patterns",
    "million",
    "greedy_user",
    "engine_restart",
    "gateway_door",
    "tick_to_trigger",
    "hot_symbol",
    "fan_out",
    "identity",
    "key_swap",
    "mails",
    "backtests",
    "signals",
    "scans",
    "bar_ingest",
    "search_rank",
    "start",
)


def main() -> int:
    wanted = sys.argv[1:] or list(YARDSTICKS)
    unknown = sorted(set(wanted) - set(YARDSTICKS))
    if unknown:
        print(f"No such yardstick: {', '.join(unknown)}. There are {', '.join(YARDSTICKS)}.")
        return 2
    missed = [name for name in wanted if subprocess.run([sys.executable, "-m", f"bench.{name}"]).returncode]
    print("\nEvery goal was met." if not missed else f"\nGoals were missed by: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
