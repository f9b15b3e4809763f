"""`python -m services.auth api|worker|migrate`, and `rotate-keys` for an operator."""

import sys

from libs.common.entry import run_service

if sys.argv[1:] == ["rotate-keys"]:
    from services.auth.keys.command import rotate_keys

    rotate_keys()
else:
    run_service("auth", sys.argv[1:])
