from libs.common import migrations
from services.market.settings import MarketSettings
from services.market.tables import Base


async def test_the_migrations_make_what_the_tables_say(service_settings, database_for):
    settings = service_settings(MarketSettings)
    await database_for(settings)
    assert await migrations.differences(settings.migrate_database_url, "market", Base.metadata) == []
