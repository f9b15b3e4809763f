"""`make mutants`: take our guards away one by one, and see that tests notice.

Each mutant is a copy of the code with one guard removed. The tests named with it must fail there; before that they must
pass on the code as it is. A mutant that survives is a guard that nothing watches.

`python -m tests.security.mutants [WORD]`
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("libs", "services", "gateway", "deploy", "tests", "pyproject.toml")
PASSED, FAILED = 0, 1

TOKENS = "libs/common/security/tokens.py"
FORGERIES = "libs/common/tests/test_security_forgeries.py"
SESSIONS = "services/auth/tests/test_sessions.py"
KEYS_AT_THE_DOOR = "gateway/tests/test_api_keys.py"
OAUTH_ATTACKS = "services/auth/tests/integrators/test_oauth_attacks.py"
OAUTH_FORMS = "services/auth/tests/integrators/test_oauth_forms.py"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One guard taken away: `guard` in `path` becomes `gap`. `tests` are pytest's arguments for those that watch it."""

    name: str
    path: str
    guard: str
    gap: str
    tests: tuple[str, ...]


MUTANTS = (
    Mutant(
        "kind of a token",
        TOKENS,
        'if header["typ"] != purpose.value:',
        "if False:",
        (FORGERIES, "-k", "forged or service_token"),
    ),
    Mutant(
        "key addresses in a token",
        TOKENS,
        "if not _FORBIDDEN_HEADERS.isdisjoint(header):",
        "if False:",
        (FORGERIES, "-k", "forged or service_token"),
    ),
    Mutant(
        "end of a token", TOKENS, "if exp <= at - LEEWAY_S:", "if False:", (FORGERIES, "-k", "forged or service_token")
    ),
    Mutant(
        "length of a token's life",
        TOKENS,
        "if not 0 < exp - iat <=",
        "if False and not 0 < exp - iat <=",
        (FORGERIES, "-k", "forged or service_token"),
    ),
    Mutant(
        "members given twice",
        TOKENS,
        "if len(members) != len(pairs):",
        "if False:",
        (FORGERIES, "-k", "forged or service_token"),
    ),
    Mutant(
        "revocation",
        "libs/common/security/middleware.py",
        "if self.revocations.is_revoked(principal.jti, seen.sid, seen.sub, principal.version):",
        "if False:",
        (SESSIONS, "-k", "going_out_nothing_works"),
    ),
    Mutant(
        "a refresh token used twice",
        "services/auth/sessions/rules.py",
        "    return RefreshOutcome.REUSED\n",
        "    return RefreshOutcome.ROTATE\n",
        (SESSIONS, "-k", "stolen_token or fifty_thieves"),
    ),
    Mutant(
        "the grace is for the same client",
        "services/auth/sessions/rules.py",
        " and state.used_by == client_print:",
        ":",
        (SESSIONS, "-k", "stolen_token or grace_time"),
    ),
    Mutant(
        "a cookie from another page",
        "services/auth/sessions/cookies.py",
        "if visitor.origin is None or visitor.origin.lower() not in settings.origins:",
        "if False:",
        (SESSIONS, "-k", "another_page"),
    ),
    Mutant(
        "somebody else's session",
        "services/auth/sessions/tables.py",
        "UserSession.id == session_id, UserSession.user_id == user_id,",
        "UserSession.id == session_id,",
        (SESSIONS, "-k", "somebody_elses"),
    ),
    Mutant(
        "somebody else's alert",
        "services/alerts/definitions/tables.py",
        ".where(AlertRow.id == alert_id, AlertRow.user_id == user_id)",
        ".where(AlertRow.id == alert_id)",
        ("services/alerts/tests/test_definitions_api.py", "-k", "someone_elses"),
    ),
    Mutant(
        "members that are not one's own to change",
        "services/auth/accounts/api.py",
        '''    """What is left out stays. An empty phone removes it."""

    model_config = ConfigDict(extra="forbid")''',
        '''    """What is left out stays. An empty phone removes it."""

    model_config = ConfigDict(extra="ignore")''',
        ("services/auth/tests/test_accounts_api.py", "-k", "not_ones_own"),
    ),
    Mutant(
        "a hash for nobody",
        "libs/common/security/passwords.py",
        "        verdict = await self._run(",
        "        if stored is None:\n            return Verdict(False)\n        verdict = await self._run(",
        ("services/auth/tests/test_login.py", "-k", "one_bcrypt"),
    ),
    Mutant(
        "strangers lock nobody out",
        "services/auth/sessions/service.py",
        "await self._limiter.take_login(key, visitor, is_known_device=knows_device)",
        "await self._limiter.take_login(key, visitor, is_known_device=False)",
        ("services/auth/tests/test_login.py", "-k", "attacker_locks"),
    ),
    Mutant(
        "a mailed link has an end",
        "services/auth/accounts/tables.py",
        "            EmailVerification.expires_at > now,\n",
        "",
        ("services/auth/tests/test_accounts_api.py", "-k", "lasts_a_day"),
    ),
    Mutant(
        "a time step counts once",
        "services/auth/second_factors/tables.py",
        ".where(TotpFactor.user_id == user_id, TotpFactor.last_step < step)",
        ".where(TotpFactor.user_id == user_id)",
        ("services/auth/tests/test_two_steps.py", "-k", "fifty_logins_with_one_code"),
    ),
    Mutant(
        "a challenge is for the client that asked",
        "services/auth/challenges/service.py",
        "return challenge if challenge is not None and hmac.compare_digest(challenge.bound_to, bound_to) else None",
        "return challenge",
        ("services/auth/tests/test_two_steps.py", "-k", "client_that_asked"),
    ),
    Mutant(
        "a recovery code is its owner's",
        "services/auth/second_factors/tables.py",
        ".where(RecoveryCode.user_id == user_id, RecoveryCode.code_hash == code_hash)",
        ".where(RecoveryCode.code_hash == code_hash)",
        ("services/auth/tests/test_two_steps.py", "-k", "its_owners_only"),
    ),
    Mutant(
        "tries at codes are few",
        "services/auth/logins/service.py",
        "counts.append(await self._limiter.take_code(user_id))",
        "pass",
        ("services/auth/tests/test_two_steps.py", "-k", "five_tries"),
    ),
    Mutant(
        "who has a second factor steps up by it",
        "services/auth/logins/step_up.py",
        "if answer.password is not None and methods:",
        "if False:",
        ("services/auth/tests/test_step_up.py", "-k", "uses_it"),
    ),
    Mutant(
        "a passkey's counter grows",
        "services/auth/passkeys/tables.py",
        "(Passkey.sign_count < sign_count) | ((Passkey.sign_count == 0) & (sign_count == 0)),",
        "True,",
        ("services/auth/tests/test_passkeys.py", "-k", "goes_back"),
    ),
    Mutant(
        "somebody else's passkey",
        "services/auth/passkeys/proofs.py",
        "if not is_meant or handle not in {None, owner.bytes}:",
        "if False:",
        ("services/auth/tests/test_passkeys.py", "-k", "somebody_elses"),
    ),
    Mutant(
        "headers that name a user",
        "gateway/proxy/headers.py",
        '(b"x-user", b"x-internal", b"x-forwarded", b"x-original", b"x-rewrite", b"x-http-method")',
        '(b"never",)',
        ("gateway/tests/test_proxy.py", "-k", "claims_to_be_from_us"),
    ),
    Mutant(
        "pages of other origins",
        "gateway/cross_origin.py",
        "return origin.lower() in self._allowed",
        "return True",
        ("gateway/tests/test_door.py", "-k", "no_other_page"),
    ),
    Mutant(
        "acting as another writes nothing",
        "gateway/door.py",
        "if visitor.is_acting and visit.method not in _READS:",
        "if False:",
        ("gateway/tests/test_door.py", "-k", "acting_as_another"),
    ),
    Mutant(
        "API key: its addresses, at the door",
        "gateway/api_keys.py",
        "if not is_within(address, visitor.networks):",
        "if False:",
        (KEYS_AT_THE_DOOR, "-k", "another_address_at_the_exchange"),
    ),
    Mutant(
        "API key: its addresses, at auth",
        "services/auth/api_keys/service.py",
        "if not is_within(address, parse_networks(row.networks)):",
        "if False:",
        ("services/auth/tests/integrators/test_key_exchange.py", "-k", "another_address"),
    ),
    Mutant(
        "API key: its scopes, on the socket",
        "gateway/sockets/socket.py",
        "return self.visitor.principal.may(permission_of(channel))",
        "return True",
        (KEYS_AT_THE_DOOR, "-k", "hears_what_it_was_given"),
    ),
    Mutant(
        "API key: its scopes, in every service",
        "libs/common/security/principal.py",
        "and (self.is_own_login or permission in self.scopes)",
        "and True",
        ("tests/security/test_permission_matrix.py", "-k", "alerts"),
    ),
    Mutant(
        "API key: no token outlives it",
        "services/auth/api_keys/rules.py",
        "min(TOKEN_TTL, ends_at - now)",
        "TOKEN_TTL",
        ("services/auth/tests/integrators/test_api_keys.py", "-k", "ends_by_itself"),
    ),
    Mutant(
        "API key: revoked, at the door",
        "gateway/credentials.py",
        "return visitor.ends_at > self._now() and not self._is_revoked(visitor)",
        "return visitor.ends_at > self._now()",
        (KEYS_AT_THE_DOOR, "-k", "revoked_key_is_refused"),
    ),
    Mutant(
        "API key: guesses on the socket are counted",
        "gateway/sockets/socket.py",
        "await room.count_refusal(client)",
        "pass",
        (KEYS_AT_THE_DOOR, "-k", "bad_credentials"),
    ),
    Mutant(
        "OAuth: PKCE",
        "services/auth/oauth/protocol.py",
        "[StrictChallenge(required=True)]",
        "[]",
        (OAUTH_ATTACKS, "-k", "bound_to_app"),
    ),
    Mutant(
        "OAuth: a code is for one address",
        "services/auth/oauth/shown.py",
        "return self.row.redirect_uri",
        'return ""',
        (OAUTH_ATTACKS, "-k", "bound_to_app"),
    ),
    Mutant(
        "OAuth: redirect addresses letter by letter",
        "services/auth/oauth/rules.py",
        "uri == one or",
        "uri.startswith(one) or",
        (OAUTH_FORMS, "-k", "differs_anywhere"),
    ),
    Mutant(
        "OAuth: a code used twice",
        "services/auth/oauth/protocol.py",
        'self.server.end(tables.take_grant(self.server.session, row.grant_id), "code_replayed")',
        "pass",
        (OAUTH_ATTACKS, "-k", "replay_ends"),
    ),
    Mutant(
        "OAuth: a refresh token used twice",
        "services/auth/oauth/protocol.py",
        'server.end(shown.grant, "reuse_detected")',
        "pass",
        (OAUTH_ATTACKS, "-k", "used_token_ends_the_family"),
    ),
    Mutant(
        "OAuth: no orders for an app without a secret",
        "services/auth/oauth/rules.py",
        "if not is_confidential and not NEEDS_SECOND_FACTOR.isdisjoint(wanted):",
        "if False:",
        (OAUTH_ATTACKS, "-k", "orders_need"),
    ),
    Mutant(
        "OAuth: other pages read with an app's token only",
        "gateway/door.py",
        "visit.for_anybody = visitor.is_app",
        "pass",
        ("gateway/tests/test_door.py", "-k", "its_token_reads"),
    ),
    Mutant(
        "the last SUPER_ADMINs do not leave at once",
        "services/auth/personal_data/service.py",
        "await lock_super_admins(tx.session)",
        "pass",
        ("services/auth/tests/test_role_changes.py", "-k", "leave"),
    ),
)


class Copy:
    """A copy of the code in which guards are taken away and put back."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
            else:
                shutil.copy(source, folder / name)

    def judge(self, mutant: Mutant) -> str:
        """Say what became of a mutant: killed, survived, or why it could not be judged."""
        path = self._folder / mutant.path
        code = path.read_text()
        if code.count(mutant.guard) != 1:
            return f"the guard stands {code.count(mutant.guard)} times in {mutant.path}"
        if self._run(mutant) != PASSED:
            return "its tests fail without it"
        path.write_text(code.replace(mutant.guard, mutant.gap))
        try:
            code_of_mutant = self._run(mutant)
        finally:
            path.write_text(code)
        return {FAILED: "killed", PASSED: "SURVIVED"}.get(code_of_mutant, f"pytest ended with {code_of_mutant}")

    def _run(self, mutant: Mutant) -> int:
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *mutant.tests]
        return subprocess.run(command, cwd=self._folder, capture_output=True, timeout=300).returncode


def main() -> int:
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    survivors = 0
    with tempfile.TemporaryDirectory(prefix="mutants") as folder:
        copy = Copy(Path(folder))
        for mutant in (each for each in MUTANTS if word in each.name):
            verdict = copy.judge(mutant)
            survivors += verdict != "killed"
            print(f"{verdict:10s} without: {mutant.name}", flush=True)
    print(f"{survivors} of {len(MUTANTS)} guards are not watched" if survivors else "every guard is watched")
    return 1 if survivors else 0


if __name__ == "__main__":
    raise SystemExit(main())
