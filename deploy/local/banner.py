"""What is said when all is up: where to go, what runs where, whom to log in as."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from deploy.local.environment import public_url
from deploy.local.processes import APIS, MAILSINK, POSTGRES, VALKEY, WORKERS, Process
from deploy.local.settings import LocalSettings

DEMO_EMAIL = "trader@example.com"
DEMO_PASSWORD = "demo-trader-2026"  # noqa: S105  shown to everybody; auth makes this user in development only

DEMO_STAFF = (
    ("support@example.com", "demo-support-2026", "SUPPORTDEMOSUPPORTDEMOSUPPORT234"),
    ("admin@example.com", "demo-admin-2026", "ADMINDEMOADMINDEMOADMINDEMO23456"),
)
"""Address, password, secret for an authenticator app. In development only, as above."""


def banner(
    settings: LocalSettings,
    ports: Mapping[str, int],
    *,
    took_s: float,
    stores: Iterable[str],
    extra: Iterable[Process] = (),
) -> str:
    """Write the lines. `stores`: those that we run ourselves; the others are external."""
    url = public_url(ports)
    mail, smtp = ports[MAILSINK.port.setting], ports[MAILSINK.other_ports[0].setting]
    lines = [
        f"  ShareWise runs: {url}    (ready after {took_s:.1f} s; ctrl-C stops it)",
        "",
        f"    the app          {url}",
        f"    API and docs     {url}/api  {url}/docs",
        f"    mails            http://localhost:{mail}  (SMTP {smtp})",
    ]
    if settings.is_development:
        lines.append(f"    demo login       {DEMO_EMAIL} / {DEMO_PASSWORD}  (development only)")
        lines += [f"    demo staff       {email} / {password}  app {secret}" for email, password, secret in DEMO_STAFF]
    lines += [f"    {process.name:<17}http://localhost:{ports[process.port.setting]}" for process in extra]
    lines += ["", "    service    api    worker"]
    for api in APIS:
        workers = [
            f"{ports[worker.port.setting]}{'' if worker.arguments == ('worker',) else ' ' + worker.arguments[0]}"
            for worker in WORKERS
            if worker.service == api.service
        ]
        lines.append(f"    {api.name:<10} {ports[api.port.setting]:<6} {', '.join(workers)}")
    running = set(stores)
    for name, port in (("postgres", POSTGRES), ("valkey", VALKEY)):
        place = f"{settings.host}:{ports[port.setting]}" if name in running else "external"
        lines.append(f"    {name:<10} {place}")
    lines += ["", f"    data and secrets: {settings.data_dir}"]
    return "\n".join(lines)
