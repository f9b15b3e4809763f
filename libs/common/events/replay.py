"""What an operator does about events: `python -m libs.common.events.replay SERVICE COMMAND`.

list                    the dead letters of the service, newest first
show ID                 one of them, whole
replay ID | all         deliver them to the service again, with five new tries
drop ID                 delete one
refill HOURS            publish again what the service announced since; whoever has acted upon it does nothing
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import orjson
from redis.asyncio import Redis

from libs.common.clock import to_ms
from libs.common.db import Database
from libs.common.events.dead_letters import NoSuchLetter, drop_letter, get_letter, list_letters, replay_letter
from libs.common.events.envelope import stream_of
from libs.common.events.streams import RefillRequest, request_refill
from libs.common.provision import settings_of
from libs.common.redis import create_redis

MANY = 1_000


async def run(db: Database, redis: Redis, arguments: Sequence[str]) -> str:
    """Do one command and give what to print. Raises ValueError for no command of ours, NoSuchLetter for no known id."""
    match list(arguments):
        case ["list"]:
            letters = await list_letters(db, limit=MANY)
            return "\n".join(f"{each.id}  {each.died_at:%F %T}  {each.type}  {each.error[:80]}" for each in letters)
        case ["show", letter_id]:
            letter = await get_letter(db, UUID(letter_id))
            members = {name: getattr(letter, name) for name in letter.__dataclass_fields__}
            members["envelope"] = letter.envelope.decode(errors="replace")
            return orjson.dumps(members, option=orjson.OPT_INDENT_2, default=str).decode()
        case ["replay", "all"]:
            letters = await list_letters(db, limit=MANY)
            for each in letters:
                await replay_letter(db, redis, each.id)
            return f"{len(letters)} replayed"
        case ["replay", letter_id]:
            await replay_letter(db, redis, UUID(letter_id))
            return "replayed"
        case ["drop", letter_id]:
            await drop_letter(db, UUID(letter_id))
            return "dropped"
        case ["refill", hours]:
            since = db.clock.now() - timedelta(hours=float(hours))
            await request_refill(redis, stream_of(db.schema), RefillRequest(since_ms=to_ms(since)))
            return "asked the relay; it takes a second"
    raise ValueError("No such command.")


async def _main(service: str, arguments: Sequence[str]) -> int:
    settings = settings_of(service)
    db, redis = Database(settings), create_redis(settings)
    try:
        sys.stdout.write(await run(db, redis, arguments) + "\n")
    except NoSuchLetter as unknown:
        sys.stderr.write(f"There is no dead letter {unknown}.\n")
        return 1
    except ValueError:
        sys.stderr.write(__doc__ or "")
        return 2
    finally:
        await redis.aclose()
        await db.close()
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.stderr.write(__doc__ or "")
        raise SystemExit(2)
    raise SystemExit(asyncio.run(_main(sys.argv[1], sys.argv[2:])))
