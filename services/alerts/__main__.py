"""`python -m services.alerts api | worker | engine | sender | migrate`"""

import sys

from libs.common.entry import run_service

run_service("alerts", sys.argv[1:], {"worker": "worker", "engine": "engine.worker", "sender": "notifications.worker"})
