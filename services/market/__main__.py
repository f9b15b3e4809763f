"""`python -m services.market api | worker | migrate | import-prices ...`, or one of the imports of `commands.py`."""

import sys

from libs.common.entry import run_service
from services.market import commands
from services.market.history import command as history

if sys.argv[1:2] and sys.argv[1] in commands.COMMANDS:
    raise SystemExit(commands.run(sys.argv[1], sys.argv[2:]))
if sys.argv[1:2] == [history.COMMAND]:
    raise SystemExit(history.run(sys.argv[2:]))
run_service("market", sys.argv[1:])
