from __future__ import annotations

from libs.common import migrations
from services.signals.settings import SignalsSettings
from services.signals.tables import Base


async def test_the_migrations_make_what_the_tables_say(service_settings, database_for) -> None:
    settings = service_settings(SignalsSettings)
    await database_for(settings)
    assert await migrations.differences(settings.migrate_database_url, "signals", Base.metadata) == []
