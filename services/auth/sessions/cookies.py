"""The cookies of a browser: the refresh token and the device (decisions 4)."""

from __future__ import annotations

from datetime import timedelta

from fastapi import Request, Response

from libs.common.errors import PermissionDenied
from services.auth.limits.visitor import Visitor, device_cookie_name
from services.auth.settings import AuthSettings

DEVICE_LIFE = timedelta(days=365)


def refresh_cookie_name(settings: AuthSettings) -> str:
    return "__Host-rt" if settings.has_secure_cookies else "rt"


def refresh_cookie_of(request: Request, settings: AuthSettings) -> str | None:
    return request.cookies.get(refresh_cookie_name(settings))


def set_refresh_cookie(response: Response, token: str, expires_in_s: int, settings: AuthSettings) -> None:
    response.set_cookie(
        refresh_cookie_name(settings),
        token,
        max_age=expires_in_s,
        path="/",
        secure=settings.has_secure_cookies,
        httponly=True,
        samesite="strict",
    )


def drop_refresh_cookie(response: Response, settings: AuthSettings) -> None:
    response.delete_cookie(
        refresh_cookie_name(settings), path="/", secure=settings.has_secure_cookies, httponly=True, samesite="strict"
    )


def set_device_cookie(response: Response, device_id: str, settings: AuthSettings) -> None:
    response.set_cookie(
        device_cookie_name(settings),
        device_id,
        max_age=int(DEVICE_LIFE.total_seconds()),
        path="/",
        secure=settings.has_secure_cookies,
        httponly=True,
        samesite="strict",
    )


def must_come_from_our_page(visitor: Visitor, settings: AuthSettings) -> None:
    """Refuse what uses a cookie unless one of our own pages sent it. Raises PermissionDenied."""
    if visitor.origin is None or visitor.origin.lower() not in settings.origins:
        raise PermissionDenied("This call uses a cookie, so it must come from one of our own pages.")
