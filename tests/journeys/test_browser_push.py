"""A device shows what fires while the app is closed: from the subscription in a browser to the notice on its screen."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import expect

from tests.support.browser import Window
from tests.support.person import People
from tests.support.platform import Platform, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.browser]

NEEDS_WHOLE_CHROMIUM = True

SECRET = b"sixteen bytes..."

# Chromium subscribes at a service of Google, which tests do not call: only this one step is stood in for.
SUBSCRIBES = """([endpoint, p256dh, auth]) => {
    let held = null;
    PushManager.prototype.getSubscription = async () => held;
    PushManager.prototype.subscribe = async (options) => (held = {
        options: { applicationServerKey: options.applicationServerKey.buffer },
        toJSON: () => ({ endpoint, expirationTime: null, keys: { p256dh, auth } }),
        unsubscribe: async () => { held = null; return true; },
    });
}"""


# The browser's push service gives it another address: an event that pages cannot make, told to its own worker.
MOVES = """async ([endpoint, p256dh, auth]) => {
    const moved = Object.assign(new Event("pushsubscriptionchange"), {
        newSubscription: { toJSON: () => ({ endpoint, expirationTime: null, keys: { p256dh, auth } }) },
        waitUntil: (work) => (moved.work = work),
    });
    self.dispatchEvent(moved);
    await moved.work;
}"""


# What the worker shows, as soon as it shows something, else after a second.
NOTICES = """async () => {
    const worker = await navigator.serviceWorker.ready;
    for (const end = performance.now() + 1000; ; ) {
        const notices = await worker.getNotifications();
        if (notices.length > 0 || performance.now() > end)
            return notices.map(({ title, body, tag, data }) => ({ title, body, tag, link: data.link }));
        await new Promise(requestAnimationFrame);
    }
}"""


class PushService:
    """Takes what is pushed, as a browser's push service does, and reads it as the browser does."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.paths: list[str] = []
        taken, paths = self.taken, self.paths

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
                paths.append(self.path)
                self.send_response(201)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def subscription(self, number: int = 1) -> list[str]:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        port = self.server.server_address[1]
        keys = (base64.urlsafe_b64encode(raw).decode() for raw in (point, SECRET))
        return [f"http://127.0.0.1:{port}/push/{number}", *keys]

    def said(self) -> list[dict[str, Any]]:
        """Read everything that was pushed."""
        return [
            json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=SECRET, version="aes128gcm"))
            for _, body in self.taken
        ]


@pytest.fixture
def push_service() -> Iterator[PushService]:
    service = PushService()
    thread = threading.Thread(target=service.server.serve_forever, daemon=True)
    thread.start()
    yield service
    service.server.shutdown()
    service.server.server_close()
    thread.join()


def test_a_device_shows_what_fires(
    platform: Platform, people: People, window: Window, push_service: PushService
) -> None:
    person = people.ready()
    page = window.page
    page.context.grant_permissions(["notifications"], origin=platform.url)
    window.log_in(person.email, person.password, to="/settings/notifications")
    page.evaluate(SUBSCRIBES, push_service.subscription())
    page.get_by_role("button", name="Notify me on this device").click()
    expect(page.get_by_role("button", name="Stop on this device")).to_be_visible()
    window.shoot("notification-devices")
    assert window.axe_violations() == []
    assert window.width_overflow() <= 0

    price = Decimal(str(person.http.get("/api/stocks/AAPL/").json()["current_price"]))
    for condition, level in (("above", price + Decimal("0.50")), ("below", price - Decimal("0.50"))):
        assert person.create_alert("AAPL", condition, str(level)).status_code == 201
    wait_until(lambda: push_service.taken, within=60, what="a push message")
    said = push_service.said()[0]
    assert said["title"].startswith("AAPL is now $")
    assert said["link"] == "/stocks/NASDAQ/AAPL"
    headers, _ = push_service.taken[0]
    assert headers["authorization"].startswith("vapid t=")

    # The browser's own service worker, woken as by its push service.
    worker = page.context.new_cdp_session(page)
    registered: list[str] = []
    worker.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: registered.extend(one["registrationId"] for one in told["registrations"]),
    )
    worker.send("ServiceWorker.enable")
    wait_until(lambda: (page.wait_for_timeout(20), registered)[1], within=30, what="the service worker")
    told = {"origin": platform.url, "registrationId": registered[0], "data": json.dumps(said)}
    shown: list[dict[str, str]] = []

    def delivered() -> list[dict[str, str]]:
        # The protocol drops a message for a worker that just stops or starts, where a push service would keep it.
        worker.send("ServiceWorker.deliverPushMessage", told)
        shown[:] = page.evaluate(NOTICES)
        return shown

    wait_until(delivered, within=30, what="the notice on the screen")
    assert shown == [{"title": said["title"], "body": said["text"], "tag": said["tag"], "link": said["link"]}]

    page.context.service_workers[0].evaluate(MOVES, push_service.subscription(2))
    [device] = person.http.get("/api/notification-addresses/").json()["items"]
    assert person.http.post(f"/api/notification-addresses/{device['id']}/test/").status_code < 300
    wait_until(lambda: "/push/2" in push_service.paths, within=30, what="a push to the new address")

    page.get_by_role("button", name="Stop on this device").click()
    expect(page.get_by_role("button", name="Notify me on this device")).to_be_visible()
    assert person.http.get("/api/notification-addresses/").json()["items"] == []


def test_the_app_can_be_installed(platform: Platform, people: People) -> None:
    person = people.ready()
    manifest = person.http.get("/manifest.webmanifest")
    assert manifest.headers["content-type"].startswith("application/manifest+json")
    told = manifest.json()
    assert (told["display"], told["start_url"], told["scope"]) == ("standalone", "/dashboard", "/")
    for icon in told["icons"]:
        assert person.http.get(icon["src"]).status_code == 200
    worker = person.http.get("/sw.js")
    assert worker.headers["content-type"].startswith("text/javascript")
    assert worker.headers["cache-control"] == "no-cache", "a new version must be found"
