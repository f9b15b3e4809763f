"""What the app and the worker of alerts are both made of."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr

import orjson

from libs.common.db import Database
from libs.common.http import Guarded, Http, ServiceClient
from libs.common.http.service_client import TokenSource
from libs.common.security.fields import FieldCipher
from libs.common.security.service_tokens import ServiceTokens
from services.alerts.addresses.service import Addresses
from services.alerts.allowances.service import Allowances
from services.alerts.bulk.service import BulkAlerts
from services.alerts.channels.mail import SendGridChannel, SendGridOptions, SmtpChannel
from services.alerts.channels.port import MailChannel, SmsChannel
from services.alerts.channels.push import Vapid
from services.alerts.channels.slack import SlackChannel
from services.alerts.channels.sms import HttpSms, NoSms, SinkSms, SmsOptions, TwilioOptions, TwilioSms
from services.alerts.definitions.service import Alerts
from services.alerts.inbox.service import Inbox
from services.alerts.instruments.service import Instruments
from services.alerts.notifications.choices import Choices
from services.alerts.notifications.fan_out import FanOut
from services.alerts.notifications.ledger import Ledger
from services.alerts.notifications.people import People
from services.alerts.notifications.service import Notices
from services.alerts.notifications.unsubscribe import Unsubscribe
from services.alerts.preferences.service import PreferencesOf
from services.alerts.settings import AlertsSettings
from services.alerts.strategies.service import Strategies
from services.alerts.watchlists.service import WatchlistRules
from services.alerts.webhooks.service import Webhooks


@dataclass(frozen=True, slots=True)
class Peers:
    """The services that alerts asks."""

    auth: ServiceClient
    market: ServiceClient
    billing: ServiceClient
    signals: ServiceClient

    @classmethod
    def of(cls, settings: AlertsSettings, http: Http, tokens: TokenSource | None) -> Peers:
        tokens = tokens or ServiceTokens(
            http, service=settings.service, secret=settings.service_secret, auth_url=settings.auth_url
        )
        return cls(
            auth=ServiceClient(http, settings.auth_url, "auth", tokens),
            market=ServiceClient(http, settings.market_url, "market", tokens),
            billing=ServiceClient(http, settings.billing_url, "billing", tokens),
            signals=ServiceClient(http, settings.signals_url, "signals", tokens),
        )


def make_alerts(settings: AlertsSettings, db: Database, peers: Peers) -> Alerts:
    instruments = Instruments(peers.market, keep_s=settings.instrument_cache_s)
    return Alerts(db, instruments, Allowances(db, peers.billing), Strategies(peers.signals))


def make_bulk_alerts(settings: AlertsSettings, db: Database, peers: Peers, alerts: Alerts) -> BulkAlerts:
    instruments = Instruments(peers.market, keep_s=settings.instrument_cache_s)
    return BulkAlerts(db, instruments, alerts, Allowances(db, peers.billing))


def make_watchlist_rules(settings: AlertsSettings, db: Database, peers: Peers, alerts: Alerts) -> WatchlistRules:
    instruments = Instruments(peers.market, keep_s=settings.instrument_cache_s)
    return WatchlistRules(db, peers.market, instruments, alerts, Allowances(db, peers.billing))


def make_cipher(settings: AlertsSettings) -> FieldCipher:
    return FieldCipher.from_secrets(settings.field_key)


def make_sms(settings: AlertsSettings, mail: MailChannel, http: Http) -> SmsChannel:
    provider = settings.sms_channel
    if provider == "http":
        headers = "{}" if settings.sms_headers is None else settings.sms_headers.get_secret_value()
        options = SmsOptions(
            url=settings.sms_url or "",
            encoding=settings.sms_encoding,
            headers=orjson.loads(headers),
            body=orjson.loads(settings.sms_body),
            sender=settings.sms_sender,
            entity=settings.sms_entity,
        )
        return HttpSms(http, options)
    if provider == "twilio" and settings.twilio_auth_token is not None:
        return TwilioSms(
            http,
            TwilioOptions(
                account=settings.twilio_account,
                token=settings.twilio_auth_token,
                sender=settings.sms_sender,
                api_url=settings.twilio_url,
                status_url=f"{settings.public_url.rstrip('/')}/api/twilio/status/",
            ),
        )
    return SinkSms(mail) if provider == "sink" else NoSms()


def make_mail(settings: AlertsSettings, db: Database, http: Http) -> MailChannel:
    if settings.mail_provider == "sendgrid" and settings.sendgrid_key is not None:
        return SendGridChannel(
            http,
            SendGridOptions(
                key=settings.sendgrid_key,
                api_url=settings.sendgrid_url,
                sender=settings.mail_from,
                reply_to=settings.mail_reply_to or settings.mail_from,
                is_dry=settings.sendgrid_dry,
            ),
        )
    return SmtpChannel(settings.smtp_options(), now=db.clock.now)


@dataclass(frozen=True, slots=True)
class Rooms:
    """The rooms that telling people takes."""

    notices: Notices
    inbox: Inbox
    preferences: PreferencesOf
    addresses: Addresses
    allowances: Allowances
    choices: Choices
    webhooks: Webhooks


def make_guarded(settings: AlertsSettings) -> Guarded:
    return Guarded("webhooks", allow_private=settings.private_webhooks)


def make_vapid(settings: AlertsSettings, db: Database) -> Vapid | None:
    key = settings.push_key()
    contact = settings.push_contact or f"mailto:{parseaddr(settings.mail_from)[1]}"
    return None if key is None else Vapid(key, contact=contact, now=db.clock.now)


def make_rooms(settings: AlertsSettings, db: Database, peers: Peers, guarded: Guarded) -> Rooms:
    cipher = make_cipher(settings)
    inbox, preferences, allowances = Inbox(db), PreferencesOf(db), Allowances(db, peers.billing)
    slack = SlackChannel(guarded, host=settings.slack_host)
    addresses = Addresses(
        db,
        cipher,
        allowances,
        slack,
        telegram_bot=settings.telegram_bot,
        push_hosts=() if settings.push_key() is None else settings.push_hosts,
        ledger=Ledger(db),
        sends_sms=settings.sms_channel != "none",
        message_domain=settings.message_domain,
    )
    people = People(preferences, addresses, allowances, default_time_zone=settings.default_time_zone)
    fan_out = FanOut(db, inbox, people, message_domain=settings.message_domain, hourly_limits=settings.hourly_limits)
    notices = Notices(
        db,
        cipher,
        fan_out,
        preferences,
        message_domain=settings.message_domain,
        default_time_zone=settings.default_time_zone,
    )
    choices = Choices(db, people, preferences, allowances)
    webhooks = Webhooks(db, cipher, allowances, inbox, Ledger(db), guarded)
    return Rooms(notices, inbox, preferences, addresses, allowances, choices, webhooks)


def make_unsubscribes(settings: AlertsSettings) -> Unsubscribe:
    return Unsubscribe(settings.field_key, settings.public_url)
