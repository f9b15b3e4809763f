"""`python -m services.market api | worker | migrate | import-instruments FILE --format FORMAT`"""

import sys

from libs.common.entry import run_service
from services.market import commands

if sys.argv[1:2] == [commands.IMPORT]:
    raise SystemExit(commands.run(sys.argv[2:]))
run_service("market", sys.argv[1:])
