"""What a mailed link is for. Pure."""

from __future__ import annotations

from enum import StrEnum


class LinkPurpose(StrEnum):
    """A link is good for its purpose alone."""

    PASSWORD_RESET = "password_reset"  # noqa: S105  a purpose
    LOGIN_UNBLOCK = "login_unblock"
    EMAIL_CHANGE_NEW = "email_change_new"
    EMAIL_CHANGE_OLD = "email_change_old"
    CLOSING_CANCEL = "closing_cancel"


PAGES = {
    LinkPurpose.PASSWORD_RESET: "/reset-password",
    LinkPurpose.LOGIN_UNBLOCK: "/unblock",
    LinkPurpose.EMAIL_CHANGE_NEW: "/confirm-email",
    LinkPurpose.EMAIL_CHANGE_OLD: "/confirm-email",
    LinkPurpose.CLOSING_CANCEL: "/keep-account",
}
"""Where each leads. The page posts the token, so that a scanner that opens links uses none up."""
