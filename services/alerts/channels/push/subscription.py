"""What a browser gave us: where its push service is, and its keys. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

import orjson

from services.alerts.channels.push.encryption import read_public
from services.alerts.channels.push.vapid import b64, unb64


@dataclass(frozen=True, slots=True)
class Subscription:
    """`endpoint` is an address that whoever knows it can write to, and so a secret, as the keys are."""

    endpoint: str = field(repr=False)
    point: bytes = field(repr=False)
    secret: bytes = field(repr=False)

    @classmethod
    def of(cls, endpoint: str, p256dh: str, auth: str) -> Self:
        """Read what `PushSubscription.toJSON()` gives. Raises ValueError for keys that are none."""
        point, secret = unb64(p256dh), unb64(auth)
        read_public(point)
        if len(secret) != 16:
            raise ValueError("The secret of a browser has 16 bytes.")
        return cls(endpoint, point, secret)

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what `written` wrote."""
        found = orjson.loads(text)
        return cls(found["endpoint"], unb64(found["p256dh"]), unb64(found["auth"]))

    def written(self) -> str:
        """Write it as JSON, to be kept encrypted."""
        said = {"endpoint": self.endpoint, "p256dh": b64(self.point), "auth": b64(self.secret)}
        return orjson.dumps(said).decode()

    @property
    def origin(self) -> str:
        """Of its push service: `https://push.example`."""
        parts = urlsplit(self.endpoint)
        return f"{parts.scheme}://{parts.netloc}"

    def is_at(self, hosts: tuple[str, ...]) -> bool:
        """Say whether its push service is one of these hosts, or under one of them."""
        host = urlsplit(self.endpoint).hostname or ""
        return any(host == known or host.endswith(f".{known}") for known in hosts)
