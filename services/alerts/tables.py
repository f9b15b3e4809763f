"""Every table of the service in one place, for migrations: importing this registers them all on `Base`."""

from services.alerts.allowances import tables as allowances
from services.alerts.conditions import tables as conditions
from services.alerts.definitions import tables as definitions
from services.alerts.engine import tables as engine
from services.alerts.instruments import tables as instruments
from services.alerts.notifications import tables as notifications
from services.alerts.schema import Base

__all__ = ["Base", "allowances", "conditions", "definitions", "engine", "instruments", "notifications"]
