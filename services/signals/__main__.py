"""`python -m services.signals api|worker|migrate`."""

import sys

from libs.common.entry import run_service

run_service("signals", sys.argv[1:])
