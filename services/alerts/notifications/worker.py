"""The senders' own process: writing and handing over messages takes nothing from what hears, makes and fires.

It may be given less of the processors than the others (`SHAREWISE_SENDER_NICE`): then messages wait, and nothing else.
"""

from __future__ import annotations

from libs.common.db import Database
from libs.common.http import Http
from libs.common.http.service_client import TokenSource
from libs.common.redis import create_redis
from libs.common.worker import Worker
from services.alerts.channels import Channels
from services.alerts.channels.pace import Pacer
from services.alerts.channels.push import PushChannel, PushOptions
from services.alerts.channels.slack import SlackChannel
from services.alerts.channels.telegram import TelegramChannel
from services.alerts.charts.service import Charts
from services.alerts.notifications.chats import ChatChannel, ChatWriter
from services.alerts.notifications.doorbell import Doorbell
from services.alerts.notifications.letters import Letters
from services.alerts.notifications.mails import MailWriter
from services.alerts.notifications.rules import Lane
from services.alerts.notifications.sender import Sender
from services.alerts.notifications.service import BadAddresses
from services.alerts.settings import AlertsSettings
from services.alerts.sms_texts.service import SmsTexts
from services.alerts.webhooks.sending import Endpoints, WebhookChannel, WebhookWriter
from services.alerts.wiring import (
    Peers,
    make_cipher,
    make_guarded,
    make_mail,
    make_rooms,
    make_sms,
    make_unsubscribes,
    make_vapid,
)

OUTSIDE_TIMEOUT_S = 20.0
"""Longer than a call may take, so that the call's own limit speaks."""


def build_worker(
    settings: AlertsSettings | None = None,
    *,
    db: Database | None = None,
    http: Http | None = None,
    tokens: TokenSource | None = None,
) -> Worker:
    """Wire it. Tests hand in a database, a client, and service tokens that need no auth."""
    settings = settings or AlertsSettings()
    db = db or Database(settings)
    redis, http = create_redis(settings), http or Http("alerts-sender")
    peers, guarded, cipher = Peers.of(settings, http, tokens), make_guarded(settings), make_cipher(settings)
    rooms = make_rooms(settings, db, peers, guarded)
    writer = MailWriter(
        db,
        peers.auth,
        cipher,
        Letters(settings.public_url),
        rooms.preferences,
        make_unsubscribes(settings),
        Charts(peers.market),
        rooms.addresses,
        SmsTexts(db),
    )
    bad_addresses = BadAddresses(db, rooms.addresses)
    mail = make_mail(settings, db, http)
    channel = Channels(mail, make_sms(settings, mail, http))
    pacer = Pacer(settings.channel_paces)
    post = Sender(
        db,
        channel,
        writer.write,
        lanes=settings.smtp_connections,
        on_bad_address=bad_addresses.note,
        pacer=pacer,
    )
    webhooks = Sender(
        db,
        WebhookChannel(db, guarded, Endpoints(db, rooms.notices), db.clock),
        WebhookWriter(db, cipher).write,
        lanes=settings.webhook_lanes,
        lane=Lane.WEBHOOK,
        try_timeout_s=OUTSIDE_TIMEOUT_S,
    )
    chats = Sender(
        db,
        ChatChannel(
            SlackChannel(guarded, host=settings.slack_host),
            TelegramChannel(http, settings.telegram_token, api_url=settings.telegram_api_url),
            PushChannel(guarded, PushOptions(make_vapid(settings, db), settings.push_hosts)),
        ),
        ChatWriter(rooms.addresses, settings.public_url).write,
        lanes=settings.chat_lanes,
        lane=Lane.CHAT,
        on_bad_address=bad_addresses.note,
        try_timeout_s=OUTSIDE_TIMEOUT_S,
        pacer=pacer,
    )
    doorbell = Doorbell(db, {Lane.POST: post.wake, Lane.WEBHOOK: webhooks.wake, Lane.CHAT: chats.wake})
    return Worker(
        settings,
        db=db,
        redis=redis,
        http=http,
        port=settings.sender_port,
        keeps_house=False,
        background=[post.run, webhooks.run, chats.run, doorbell.run],
        on_stop=[channel.aclose, guarded.aclose],
    )
