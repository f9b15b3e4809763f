"""The HTTP side of a service: `create_app` gives every service the same door.

A service writes routes on a `Router` and hands them over; request ids, logs, metrics, problem+json, limits on bodies,
the caller's identity, health, readiness and the hooks for personal data come with it.
"""

from libs.common.health import Check
from libs.common.security.permissions import Permission
from libs.common.security.principal import (
    PUBLIC,
    CurrentUser,
    Myself,
    Principal,
    RecentLogin,
    ServicePrincipal,
    require,
    require_service,
)
from libs.common.web.app import create_app
from libs.common.web.held import of_app
from libs.common.web.openapi import problems
from libs.common.web.personal_data import Eraser, Exporter
from libs.common.web.routing import FormFields, Router
from libs.common.web.values import PriceIn

__all__ = [
    "PUBLIC",
    "Check",
    "CurrentUser",
    "Eraser",
    "Exporter",
    "FormFields",
    "Myself",
    "Permission",
    "PriceIn",
    "Principal",
    "RecentLogin",
    "Router",
    "ServicePrincipal",
    "create_app",
    "of_app",
    "problems",
    "require",
    "require_service",
]
