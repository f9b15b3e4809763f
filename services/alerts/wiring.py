"""What the app and the worker of alerts are both made of."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from libs.common.db import Database
from libs.common.http import Http, ServiceClient
from libs.common.http.service_client import TokenSource
from libs.common.security.fields import FieldCipher
from libs.common.security.service_tokens import ServiceTokens
from services.alerts.allowances.service import Allowances
from services.alerts.channels.port import MailChannel, SmsChannel
from services.alerts.channels.sms import HttpSms, NoSms, SinkSms, SmsOptions
from services.alerts.definitions.service import Alerts
from services.alerts.instruments.service import Instruments
from services.alerts.notifications.service import Notices
from services.alerts.settings import AlertsSettings


@dataclass(frozen=True, slots=True)
class Peers:
    """The services that alerts asks."""

    auth: ServiceClient
    market: ServiceClient
    billing: ServiceClient

    @classmethod
    def of(cls, settings: AlertsSettings, http: Http, tokens: TokenSource | None) -> Peers:
        tokens = tokens or ServiceTokens(
            http, service=settings.service, secret=settings.service_secret, auth_url=settings.auth_url
        )
        return cls(
            auth=ServiceClient(http, settings.auth_url, "auth", tokens),
            market=ServiceClient(http, settings.market_url, "market", tokens),
            billing=ServiceClient(http, settings.billing_url, "billing", tokens),
        )


def make_alerts(settings: AlertsSettings, db: Database, peers: Peers) -> Alerts:
    return Alerts(db, Instruments(peers.market, keep_s=settings.instrument_cache_s), Allowances(db, peers.billing))


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
            templates=settings.sms_templates,
        )
        return HttpSms(http, options)
    return SinkSms(mail) if provider == "sink" else NoSms()


def make_notices(settings: AlertsSettings, db: Database) -> Notices:
    return Notices(
        db,
        make_cipher(settings),
        message_domain=settings.message_domain,
        default_time_zone=settings.default_time_zone,
    )
