"""What the app and the worker of auth are both made of."""

from __future__ import annotations

from datetime import timedelta

from libs.common.clock import Clock
from libs.common.db import Database
from libs.common.security.fields import FieldCipher
from libs.common.security.passwords import Passwords
from services.auth.keys.service import Keyring, KeyRotation
from services.auth.settings import AuthSettings


def make_cipher(settings: AuthSettings) -> FieldCipher:
    return FieldCipher.from_secrets(settings.field_key, *settings.previous_field_keys)


def make_passwords(settings: AuthSettings) -> Passwords:
    peppers = {**settings.previous_password_peppers, settings.password_pepper_id: settings.password_pepper}
    return Passwords(
        {pepper_id: secret.get_secret_value().encode() for pepper_id, secret in peppers.items()},
        current=settings.password_pepper_id,
        cost=settings.password_cost,
        workers=settings.password_workers,
        queue_limit=settings.password_queue_limit,
    )


def make_rotation(db: Database, cipher: FieldCipher, clock: Clock, settings: AuthSettings) -> KeyRotation:
    return KeyRotation(db, cipher, clock, lifetime=timedelta(days=settings.signing_key_days))


def make_keyring(db: Database, cipher: FieldCipher, clock: Clock, settings: AuthSettings) -> Keyring:
    return Keyring(
        db,
        cipher,
        clock,
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audience,
        rotation=make_rotation(db, cipher, clock, settings),
    )
