"""`python -m services.market api | worker | migrate`"""

import sys

from libs.common.entry import run_service

run_service("market", sys.argv[1:])
