"""What mails of one form say: links with a secret, and notices of the account's safety. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from libs.common.money import shown
from libs.contracts.alerts import AlertTriggered
from libs.contracts.auth import SecurityKind
from services.alerts.notifications.rules import Purpose


@dataclass(frozen=True, slots=True)
class LinkWords:
    """A mail with one link. Its texts may name the mail's details in braces, and `{app_url}`."""

    subject: str
    text: str
    button: str
    foot: str


LINKS: Mapping[Purpose, LinkWords] = {
    Purpose.PASSWORD_RESET: LinkWords(
        "Set a new password",
        "somebody, perhaps you, asked to set a new password for your ShareWise account.",
        "Set a new password",
        "The link works for one hour and once. If it was not you, there is nothing to do: your password stays.",
    ),
    Purpose.EMAIL_CHANGE_NEW: LinkWords(
        "Confirm your new e-mail address",
        "please confirm that this is the new address of your ShareWise account. The address that you have had so far "
        "is asked as well.",
        "Confirm this address",
        "The link works for 24 hours and once. If you did not ask, ignore this mail: nothing changes without it.",
    ),
    Purpose.EMAIL_CHANGE_OLD: LinkWords(
        "Is your e-mail address to be changed?",
        "somebody who is signed in to your ShareWise account asked to change its address to {email}. Confirm it only "
        "if that was you. From then on mails go there.",
        "Confirm the change",
        "The link works for 24 hours and once. If it was not you, do not confirm, and set a new password at "
        "{app_url}/forgot-password: that signs everybody out.",
    ),
    Purpose.LOGIN_UNBLOCK: LinkWords(
        "Tries to log in to your account were refused",
        "there were too many tries to log in to your ShareWise account with a wrong password, from the network "
        "{network}. They were refused; nobody got in. If it was you, this link lets you try again from your "
        "device at once.",
        "Let me log in",
        "The link works for one hour and once. If it was not you, there is nothing to do. This mail comes once an hour "
        "at most.",
    ),
    Purpose.ACCOUNT_CLOSING: LinkWords(
        "Your account will be deleted",
        "you asked to have your ShareWise account deleted. That happens on {due}; until then this link takes it back. "
        "What the law makes us keep stays closed away.",
        "Keep my account",
        "If it was not you, keep the account with the link, then set a new password at {app_url}/forgot-password.",
    ),
}


@dataclass(frozen=True, slots=True)
class SafetyWords:
    """What happened, as a subject and as a sentence. `was_it_you`: whether somebody else could have done it."""

    subject: str
    text: str
    was_it_you: bool = True


SAFETY: Mapping[SecurityKind, SafetyWords] = {
    SecurityKind.NEW_DEVICE: SafetyWords(
        "New sign-in to your account", "Your account was signed in to from a new device."
    ),
    SecurityKind.PASSWORD_CHANGED: SafetyWords(
        "Your password was changed", "The password of your account was changed. All other devices were signed out."
    ),
    SecurityKind.PASSWORD_RESET: SafetyWords(
        "Your password was set anew",
        "The password of your account was set anew by a mailed link. All devices were signed out.",
    ),
    SecurityKind.EMAIL_CHANGE_ASKED: SafetyWords(
        "A new e-mail address was asked for", "Somebody who is signed in asked to change the address of your account."
    ),
    SecurityKind.EMAIL_CHANGED: SafetyWords(
        "Your e-mail address was changed", "The address of your account was changed from {from} to {to}."
    ),
    SecurityKind.PHONE_CONFIRMED: SafetyWords(
        "Your phone number was confirmed", "The number ending in {phone} was confirmed for your account."
    ),
    SecurityKind.TOTP_ENABLED: SafetyWords(
        "Codes of an app are on", "Signing in to your account now asks for a code of your authenticator app."
    ),
    SecurityKind.TOTP_DISABLED: SafetyWords(
        "Codes of an app are off", "Signing in to your account no longer asks for a code of your authenticator app."
    ),
    SecurityKind.RECOVERY_CODE_USED: SafetyWords(
        "A recovery code was used", "Your account was signed in to with one of your recovery codes. It works no more."
    ),
    SecurityKind.RECOVERY_CODES_RENEWED: SafetyWords(
        "You have new recovery codes", "New recovery codes were made for your account. The old ones work no more."
    ),
    SecurityKind.PASSKEY_ADDED: SafetyWords("A passkey was added", "A passkey was added to your account."),
    SecurityKind.PASSKEY_REMOVED: SafetyWords("A passkey was removed", "A passkey was removed from your account."),
    SecurityKind.REFRESH_REUSED: SafetyWords(
        "A session was ended for your safety",
        "A session of your account was used from two places, as happens when it was stolen. We have ended it.",
    ),
    SecurityKind.PASSWORD_RESET_FORCED: SafetyWords(
        "Choose a new password", "The support asked that you choose a new password. Open the link in the other mail."
    ),
    SecurityKind.SESSIONS_ENDED: SafetyWords("Devices were signed out", "Devices were signed out of your account."),
    SecurityKind.LOGIN_BLOCKED: SafetyWords(
        "Tries to log in were refused", "There were too many tries to log in to your account with a wrong password."
    ),
    SecurityKind.UNLOCKED: SafetyWords(
        "Your account was unlocked", "Your account was unlocked. You can log in again.", was_it_you=False
    ),
    SecurityKind.PASSKEY_REFUSED: SafetyWords(
        "A passkey was refused",
        "A passkey of your account was used in a way that a copy of it would be. We have refused it.",
    ),
    SecurityKind.KEY_CHANGED: SafetyWords(
        "An API key was changed", "What an API key of your account may do was changed."
    ),
    SecurityKind.KEY_CREATED: SafetyWords("An API key was made", "An API key was made for your account."),
    SecurityKind.KEY_ROTATED: SafetyWords("An API key was renewed", "An API key of your account was renewed."),
    SecurityKind.KEY_REVOKED: SafetyWords("An API key was revoked", "An API key of your account was revoked."),
    SecurityKind.APP_AUTHORISED: SafetyWords(
        "An app was given access", "An app was given access to your account. Your settings show what it may do."
    ),
    SecurityKind.APP_REVOKED: SafetyWords("An app lost its access", "An app's access to your account was ended."),
    SecurityKind.ACTING_STARTED: SafetyWords(
        "Our staff looked at your account",
        "A member of our staff looked at your account as you see it. They could change nothing.",
        was_it_you=False,
    ),
    SecurityKind.ACTING_ENDED: SafetyWords(
        "Our staff left your account", "A member of our staff no longer looks at your account.", was_it_you=False
    ),
    SecurityKind.SUPPORT_ACCESS_GIVEN: SafetyWords(
        "The support may look at your account",
        "For some hours our support may look at your account. They can change nothing.",
    ),
    SecurityKind.SUPPORT_ACCESS_WITHDRAWN: SafetyWords(
        "The support may no longer look", "The support may no longer look at your account.", was_it_you=False
    ),
    SecurityKind.ROLE_CHANGED: SafetyWords(
        "Your role was changed", "What you may do at ShareWise was changed by our staff.", was_it_you=False
    ),
    SecurityKind.STATUS_CHANGED: SafetyWords(
        "Your account's status was changed", "The status of your account was changed by our staff.", was_it_you=False
    ),
    SecurityKind.SIGN_IN_LINKED: SafetyWords(
        "A way to sign in was added", "A sign-in elsewhere was linked to your account: from now on it opens it."
    ),
    SecurityKind.SIGN_IN_UNLINKED: SafetyWords(
        "A way to sign in was removed",
        "The sign-in elsewhere that was linked does not open your account any more.",
    ),
    SecurityKind.DATA_EXPORTED: SafetyWords(
        "Your data was asked for", "A file with all that we keep about you was asked for. It can be fetched for a day."
    ),
    SecurityKind.CLOSING_STARTED: SafetyWords(
        "Your account will be deleted", "The deletion of your account was asked for."
    ),
    SecurityKind.CLOSING_CANCELLED: SafetyWords(
        "Your account stays", "The deletion of your account was taken back. You can log in again."
    ),
}


def alert_title(event: AlertTriggered) -> str:
    """Say in a line what an alert's price did, or what its signal says."""
    if event.headline:
        return event.headline
    price = shown(event.price, event.currency)
    return f"{event.symbol} has gone back to {price}" if event.edge == "cleared" else f"{event.symbol} is now {price}"


def alert_text(event: AlertTriggered) -> str:
    """Say in a sentence what an alert's price did, or what its owner wants said."""
    return event.message or alert_fact(event)


def alert_fact(event: AlertTriggered) -> str:
    """Say what an alert's price did: of a plain threshold the mission's sentence."""
    if event.headline:
        return f"{event.headline}."
    price, what = shown(event.price, event.currency), alert_condition(event)
    if event.edge == "cleared":
        return f"{event.name} has gone back to {price} (no longer: {what})"
    return f"{event.name} is now {price} ({what})"


def alert_condition(event: AlertTriggered) -> str:
    """Say what had to happen: "above $230.00", "rises by 2 % within 1 hour"."""
    return event.summary or f"{event.condition.value} {shown(event.threshold_price, event.currency)}"


def filled(pattern: str, words: Mapping[str, str]) -> str:
    """Fill in the words that a text names in braces; one that is missing is left out."""
    return re.sub(r"\{([a-z_]+)\}", lambda found: words.get(found[1], ""), pattern)
