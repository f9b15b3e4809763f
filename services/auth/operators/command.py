"""`python -m services.auth create-super-admin|unlock|list-staff`."""

from __future__ import annotations

import asyncio
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from email_validator import EmailNotValidError, validate_email

from libs.common.clock import SystemClock
from libs.common.db import Database
from libs.common.errors import Problem
from libs.common.jobs import JobQueue
from libs.common.logging import configure_logging
from libs.common.redis import create_redis
from services.auth.limits.service import Limiter
from services.auth.links.service import Links
from services.auth.mails.service import MailBox
from services.auth.mails.tasks import MailWaker
from services.auth.operators.service import Operators
from services.auth.revocations.service import Revocations
from services.auth.security_log.service import SecurityLog
from services.auth.settings import AuthSettings
from services.auth.standing.service import Standings
from services.auth.wiring import make_cipher, make_passwords


def run(arguments: Sequence[str]) -> int:
    """Do what an operator asks and say what was done. Returns the exit status."""
    asked = _parse(arguments)
    settings = AuthSettings()
    configure_logging("auth", level="ERROR", log_format=settings.log_format)
    try:
        said = asyncio.run(_do(asked, settings))
    except Problem as problem:
        sys.stderr.write(f"{problem.detail}\n")
        return 1
    sys.stdout.write(said + "\n")
    return 0


def _parse(arguments: Sequence[str]) -> Namespace:
    parser = ArgumentParser(prog="python -m services.auth")
    commands = parser.add_subparsers(dest="command", required=True)
    create = commands.add_parser("create-super-admin", help="make the first SUPER_ADMIN")
    create.add_argument("email", type=_email)
    create.add_argument("--force-with-reason", metavar="REASON", help="also where there is one already; is audited")
    unlock = commands.add_parser("unlock", help="open a locked account and forget the wrong tries at it")
    unlock.add_argument("email", type=_email)
    commands.add_parser("list-staff", help="list everybody who is more than a user")
    return parser.parse_args(arguments)


def _email(text: str) -> str:
    try:
        return validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise ValueError("not an e-mail address") from error


async def _do(asked: Namespace, settings: AuthSettings) -> str:
    clock, db, redis = SystemClock(), Database(settings), create_redis(settings, timeout_s=2.0)
    cipher, passwords = make_cipher(settings), make_passwords(settings)
    links = Links(MailBox(cipher, clock, MailWaker(JobQueue(redis, settings.service))), clock, settings)
    operators = Operators(
        db,
        passwords,
        links,
        Limiter(redis, settings),
        Standings(Revocations(db, redis, clock), clock),
        SecurityLog(db, clock),
        clock,
        settings,
    )
    try:
        return await _answer(asked, operators)
    finally:
        passwords.close()
        await redis.aclose()
        await db.close()


async def _answer(asked: Namespace, operators: Operators) -> str:
    if asked.command == "unlock":
        user = await operators.unlock(asked.email)
        return f"{user.email} is open, and wrong tries at it are forgotten."
    if asked.command == "list-staff":
        rows = [f"{user.role:<12} {user.status:<10} {user.email}" for user in await operators.list_staff()]
        return "\n".join(rows) or "There is no staff yet."
    appointed = await operators.create_super_admin(asked.email, asked.force_with_reason)
    lines = [
        f"{appointed.user.email} is a SUPER_ADMIN. Staff pages ask for a second factor: set one up in the settings."
    ]
    if appointed.link is not None:
        lines.append(f"Set the password here, once, within 24 hours:\n{appointed.link}")
    return "\n".join(lines)
