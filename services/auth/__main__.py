"""`python -m services.auth api|worker|migrate`, and what operators do: `rotate-keys`, `create-super-admin` …"""

import sys

from libs.common.entry import run_service

if sys.argv[1:] == ["rotate-keys"]:
    from services.auth.keys.command import rotate_keys

    sys.exit(rotate_keys())
elif sys.argv[1:2] and sys.argv[1] in ("create-super-admin", "unlock", "list-staff"):
    from services.auth.operators.command import run

    sys.exit(run(sys.argv[1:]))
else:
    run_service("auth", sys.argv[1:])
