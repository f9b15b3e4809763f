"""How many passkeys somebody may have, and what they may be called: pure."""

from __future__ import annotations

MAX_PASSKEYS = 20
MAX_NAME_CHARS = 60
