"""`python -m services.billing api|worker|migrate`."""

import sys

from libs.common.entry import run_service

run_service("billing", sys.argv[1:])
