"""The forms in which browsers send credentials (`PublicKeyCredential.toJSON`), every member bounded."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Base64Url = Annotated[str, Field(max_length=1400, pattern=r"^[A-Za-z0-9_-]*$")]
LongBase64Url = Annotated[str, Field(max_length=20_000, pattern=r"^[A-Za-z0-9_-]*$")]
Extensions = Annotated[dict[str, Any], Field(max_length=16)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewResponse(_Body):
    clientDataJSON: LongBase64Url  # noqa: N815  the names are those of the standard
    attestationObject: LongBase64Url  # noqa: N815
    authenticatorData: LongBase64Url | None = None  # noqa: N815
    publicKey: LongBase64Url | None = None  # noqa: N815
    publicKeyAlgorithm: Annotated[int, Field(ge=-(2**31), lt=2**31)] | None = None  # noqa: N815
    transports: Annotated[list[Annotated[str, Field(max_length=32)]], Field(max_length=10)] = []


class UsedResponse(_Body):
    clientDataJSON: LongBase64Url  # noqa: N815
    authenticatorData: LongBase64Url  # noqa: N815
    signature: LongBase64Url
    userHandle: Base64Url | None = None  # noqa: N815


class _Credential(_Body):
    id: Base64Url
    rawId: Base64Url  # noqa: N815
    type: Literal["public-key"]
    authenticatorAttachment: Annotated[str, Field(max_length=32)] | None = None  # noqa: N815
    clientExtensionResults: Extensions = {}  # noqa: N815


class NewCredentialIn(_Credential):
    """What `navigator.credentials.create` gave, as its `toJSON` writes it."""

    response: NewResponse

    def as_sent(self) -> dict[str, Any]:
        return self.model_dump(exclude_unset=True)


class UsedCredentialIn(_Credential):
    """What `navigator.credentials.get` gave, as its `toJSON` writes it."""

    response: UsedResponse

    def as_sent(self) -> dict[str, Any]:
        return self.model_dump(exclude_unset=True)
