"""Short messages: by a provider's HTTP API, into the mail sink, or not at all."""

from services.alerts.channels.sms.http import HttpSms, SmsOptions
from services.alerts.channels.sms.sink import NoSms, SinkSms

__all__ = ["HttpSms", "NoSms", "SinkSms", "SmsOptions"]
