"""`python -m services.broker api|worker|migrate`."""

import sys

from libs.common.entry import run_service

run_service("broker", sys.argv[1:])
