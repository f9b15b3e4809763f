"""Web push: notices on a device whose browser is not open (messaging reference, section 8)."""

from services.alerts.channels.push.channel import PushChannel, PushMessage, PushOptions
from services.alerts.channels.push.subscription import Subscription
from services.alerts.channels.push.vapid import Vapid

__all__ = ["PushChannel", "PushMessage", "PushOptions", "Subscription", "Vapid"]
