from __future__ import annotations

import pytest
import pytest_asyncio

from libs.common.db import Database
from libs.common.testing.plugin import DatabaseFactory, SettingsFactory
from libs.common.tests.sample import Base, SampleSettings


@pytest.fixture
def settings(service_settings: SettingsFactory) -> SampleSettings:
    return service_settings(SampleSettings)


@pytest_asyncio.fixture
async def db(database_for: DatabaseFactory, settings: SampleSettings) -> Database:
    return await database_for(settings, metadata=Base.metadata)
