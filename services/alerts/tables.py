"""Every table of the service in one place, for migrations: importing this registers them all on `Base`."""

from services.alerts.addresses import tables as addresses
from services.alerts.allowances import tables as allowances
from services.alerts.conditions import tables as conditions
from services.alerts.definitions import tables as definitions
from services.alerts.engine import tables as engine
from services.alerts.inbox import tables as inbox
from services.alerts.instruments import tables as instruments
from services.alerts.notifications import tables as notifications
from services.alerts.preferences import tables as preferences
from services.alerts.schema import Base
from services.alerts.sms_texts import tables as sms_texts
from services.alerts.watchlists import tables as watchlists
from services.alerts.webhooks import tables as webhooks

__all__ = [
    "Base",
    "addresses",
    "allowances",
    "conditions",
    "definitions",
    "engine",
    "inbox",
    "instruments",
    "notifications",
    "preferences",
    "sms_texts",
    "watchlists",
    "webhooks",
]
