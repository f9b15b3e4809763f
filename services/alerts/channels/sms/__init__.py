"""Short messages: by Twilio, by any provider's HTTP API, into the mail sink, or not at all."""

from services.alerts.channels.sms.http import HttpSms, SmsOptions
from services.alerts.channels.sms.sink import NoSms, SinkSms
from services.alerts.channels.sms.twilio import TwilioOptions, TwilioSms

__all__ = ["HttpSms", "NoSms", "SinkSms", "SmsOptions", "TwilioOptions", "TwilioSms"]
