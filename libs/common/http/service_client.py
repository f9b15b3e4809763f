"""Calls from one service to another: typed in, typed out, with the caller's service token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from libs.common.errors import NotFound
from libs.common.http.client import Http, Reply
from libs.common.http.failures import OutcomeUnknown, Refused

if TYPE_CHECKING:
    from libs.common.security.principal import Principal  # brings FastAPI, which a worker does not need

Answer = TypeVar("Answer", bound=BaseModel)


class TokenSource(Protocol):
    """Gives this service's token towards another one."""

    async def token_for(self, audience: str) -> str: ...

    def forget(self, audience: str) -> None:
        """Drop a token that was refused, so that the next call asks for a new one."""
        ...


class ServiceClient:
    """Talks to one service's internal routes.

    http: shared by all clients of the process. audience: the callee's name. All calls raise the three errors of
    `libs.common.http`, and NotFound in place of Refused for a 404 of the callee.
    """

    def __init__(self, http: Http, base_url: str, audience: str, tokens: TokenSource) -> None:
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._audience = audience
        self._tokens = tokens

    async def get(
        self,
        path: str,
        answer: type[Answer],
        *,
        params: Mapping[str, str | int] | None = None,
        on_behalf_of: Principal | None = None,
        timeout_s: float | None = None,
    ) -> Answer:
        """GET a model."""
        reply = await self._call("GET", path, params=params, on_behalf_of=on_behalf_of, timeout_s=timeout_s)
        return _read(reply, answer)

    async def post(
        self,
        path: str,
        body: BaseModel | Mapping[str, object],
        answer: type[Answer],
        *,
        idempotency_key: str | None = None,
        repeatable: bool | None = None,
        on_behalf_of: Principal | None = None,
        timeout_s: float | None = None,
    ) -> Answer:
        """POST a model and read one. With an idempotency key the call is repeated as a GET would be."""
        reply = await self._post(path, body, idempotency_key, repeatable, on_behalf_of, timeout_s)
        return _read(reply, answer)

    async def send(
        self,
        path: str,
        body: BaseModel | Mapping[str, object],
        *,
        idempotency_key: str | None = None,
        repeatable: bool | None = None,
        on_behalf_of: Principal | None = None,
        timeout_s: float | None = None,
    ) -> None:
        """POST a model whose answer says nothing more than that it was taken."""
        await self._post(path, body, idempotency_key, repeatable, on_behalf_of, timeout_s)

    async def _post(
        self,
        path: str,
        body: BaseModel | Mapping[str, object],
        idempotency_key: str | None,
        repeatable: bool | None,
        on_behalf_of: Principal | None,
        timeout_s: float | None,
    ) -> Reply:
        return await self._call(
            "POST",
            path,
            json=body.model_dump(mode="json") if isinstance(body, BaseModel) else dict(body),
            headers={} if idempotency_key is None else {"idempotency-key": idempotency_key},
            repeatable=idempotency_key is not None if repeatable is None else repeatable,
            on_behalf_of=on_behalf_of,
            timeout_s=timeout_s,
        )

    async def _call(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str | int] | None = None,
        repeatable: bool | None = None,
        on_behalf_of: Principal | None = None,
        timeout_s: float | None = None,
    ) -> Reply:
        for attempt in (1, 2):
            sent = {**(headers or {}), "authorization": f"Bearer {await self._tokens.token_for(self._audience)}"}
            if on_behalf_of is not None:
                sent["x-on-behalf-of"] = on_behalf_of.token
            try:
                return await self._http.request(
                    method,
                    self._base_url + path,
                    json=json,
                    headers=sent,
                    params=params,
                    repeatable=repeatable,
                    timeout_s=timeout_s,
                )
            except Refused as refusal:
                if refusal.status == 404 and refusal.code == "not_found":
                    raise NotFound(refusal.problem.get("detail")) from refusal
                # A 401 came before anything was done: keys may have been rotated under a kept token.
                if refusal.status != 401 or attempt == 2:
                    raise
                self._tokens.forget(self._audience)
        raise AssertionError("the second try returns or raises")


def _read(reply: Reply, answer: type[Answer]) -> Answer:
    try:
        return answer.model_validate_json(reply.body)
    except ValidationError as error:
        raise OutcomeUnknown(f"the answer is no {answer.__name__}", status=reply.status) from error
