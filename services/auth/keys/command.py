"""`python -m services.auth rotate-keys`: a new signing key in ten minutes, with nobody signed out."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

from libs.common.clock import SystemClock
from libs.common.db import Database
from libs.common.errors import Problem
from libs.common.logging import configure_logging
from libs.common.security.fields import FieldCipher
from services.auth.keys.service import KeyRotation
from services.auth.settings import AuthSettings


def rotate_keys() -> int:
    """Make the next key, unless one waits already, and say from when it signs. Returns the exit status."""
    settings = AuthSettings()
    configure_logging("auth", level="ERROR", log_format=settings.log_format)
    try:
        said = asyncio.run(_rotate(settings))
    except Problem as problem:
        sys.stderr.write(f"{problem.detail}\n")
        return 1
    sys.stdout.write(said + "\n")
    return 0


async def _rotate(settings: AuthSettings) -> str:
    db = Database(settings)
    try:
        cipher = FieldCipher.from_secrets(settings.field_key, *settings.previous_field_keys)
        rotation = KeyRotation(db, cipher, SystemClock(), lifetime=timedelta(days=settings.signing_key_days))
        plan = await rotation.rotate(forced=True)
    finally:
        await db.close()
    if plan.add_from is None:
        return "A next key waits already; nothing to do."
    return (
        f"A new key signs from {plan.add_from:%Y-%m-%d %H:%M:%S} UTC; the old one verifies until its tokens have ended."
    )
