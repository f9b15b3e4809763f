"""What pages ask of authenticators, and whether what came back is right (W3C WebAuthn, by py_webauthn)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url, options_to_json_dict, parse_client_data_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from services.auth.accounts.tables import User
from services.auth.challenges.service import LIFETIME
from services.auth.passkeys.tables import Passkey
from services.auth.second_factors.rules import ISSUER
from services.auth.settings import AuthSettings

Credential = Mapping[str, Any]
"""A credential as a browser's `toJSON` writes it."""

_TIMEOUT_MS = int(LIFETIME.total_seconds() * 1000)


class NotAccepted(Exception):
    """The answer of an authenticator is malformed, or not right."""


@dataclass(frozen=True, slots=True)
class NewCredential:
    credential_id: bytes
    public_key: bytes
    sign_count: int
    backup_eligible: bool
    backed_up: bool


@dataclass(frozen=True, slots=True)
class Use:
    """What an authenticator said when its passkey was used."""

    sign_count: int
    backed_up: bool


class Ceremonies:
    """Every passkey must be verified by its owner's finger, face or PIN: alone it is two factors."""

    def __init__(self, settings: AuthSettings) -> None:
        self._rp_id = settings.rp_id
        self._origins = settings.passkey_origins

    def creation_options(self, secret: str, user: User, known: Sequence[Passkey]) -> dict[str, Any]:
        """Say what a page hands to `navigator.credentials.create`."""
        options = generate_registration_options(
            rp_id=self._rp_id,
            rp_name=ISSUER,
            user_id=user.id.bytes,
            user_name=user.email,
            user_display_name=f"{user.first_name} {user.last_name}".strip(),
            challenge=base64url_to_bytes(secret),
            timeout=_TIMEOUT_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[_descriptor(passkey) for passkey in known],
        )
        return options_to_json_dict(options)

    def request_options(self, secret: str, known: Sequence[Passkey] = ()) -> dict[str, Any]:
        """Say what a page hands to `navigator.credentials.get`; without `known` the person picks any of ours."""
        options = generate_authentication_options(
            rp_id=self._rp_id,
            challenge=base64url_to_bytes(secret),
            timeout=_TIMEOUT_MS,
            allow_credentials=[_descriptor(passkey) for passkey in known],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return options_to_json_dict(options)

    def verify_creation(self, credential: Credential, secret: str) -> NewCredential:
        """Check a new passkey. Raises NotAccepted."""
        try:
            made = verify_registration_response(
                credential=dict(credential),
                expected_challenge=base64url_to_bytes(secret),
                expected_rp_id=self._rp_id,
                expected_origin=self._origins,
                require_user_verification=True,
            )
        except Exception as error:
            # Whatever a forged answer makes the library raise, it is the forger's fault and never a 500.
            raise NotAccepted from error
        return NewCredential(
            credential_id=made.credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            backup_eligible=made.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
            backed_up=made.credential_backed_up,
        )

    def verify_use(self, credential: Credential, secret: str, public_key: bytes) -> Use:
        """Check the use of a passkey, save its counter. Raises NotAccepted."""
        try:
            used = verify_authentication_response(
                credential=dict(credential),
                expected_challenge=base64url_to_bytes(secret),
                expected_rp_id=self._rp_id,
                expected_origin=self._origins,
                credential_public_key=public_key,
                # The counter is compared where it is stored, so that two uses at once cannot both pass.
                credential_current_sign_count=0,
                require_user_verification=True,
            )
        except Exception as error:
            raise NotAccepted from error
        return Use(used.new_sign_count, used.credential_backed_up)


def challenge_of(credential: Credential) -> str:
    """Read the challenge that an authenticator signed. Raises NotAccepted."""
    try:
        raw = base64url_to_bytes(credential["response"]["clientDataJSON"])
        challenge = parse_client_data_json(raw).challenge
    except Exception as error:
        raise NotAccepted from error
    return bytes_to_base64url(challenge)


def credential_id_of(credential: Credential) -> bytes:
    """Read which passkey was used. Raises NotAccepted."""
    try:
        return base64url_to_bytes(credential["rawId"])
    except Exception as error:
        raise NotAccepted from error


def user_handle_of(credential: Credential) -> bytes | None:
    """Read whose passkey the authenticator says it is, when it does. Raises NotAccepted."""
    handle = credential["response"].get("userHandle")
    try:
        return base64url_to_bytes(handle) if handle else None
    except Exception as error:
        raise NotAccepted from error


def _descriptor(passkey: Passkey) -> PublicKeyCredentialDescriptor:
    return PublicKeyCredentialDescriptor(id=passkey.credential_id)
