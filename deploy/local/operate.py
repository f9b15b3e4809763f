"""`python -m deploy.local.operate SERVICE COMMAND …`: an operator's command, in the place of a service of this machine.

`operate auth unlock you@example.com` is `python -m services.auth unlock you@example.com` with the settings and secrets
that this installation gives to auth. Elsewhere the service's own container has them.
"""

from __future__ import annotations

import os
import subprocess
import sys

from deploy.local.dev_secrets import DevSecrets
from deploy.local.environment import Environments
from deploy.local.processes import APIS
from deploy.local.settings import LocalSettings, port_numbers, variables_of_user
from deploy.local.stores import LocalStores

_LONG_RUNNING = {"api", "worker", "engine", "migrate"}


def main(arguments: list[str]) -> int:
    """Run the command and give its exit status; 2 for what is none."""
    by_name = {process.name: process for process in APIS}
    if len(arguments) < 2 or arguments[0] not in by_name or arguments[1] in _LONG_RUNNING:
        sys.stderr.write(f"usage: python -m deploy.local.operate {'|'.join(by_name)} COMMAND [...]\n")
        return 2
    process = by_name[arguments[0]]
    variables, settings = variables_of_user(), LocalSettings()
    ports = port_numbers(settings, variables)
    if not (settings.data_dir / "secrets.json").exists():
        sys.stderr.write(f"There is no installation in {settings.data_dir}: run `make run` first.\n")
        return 2
    secrets = DevSecrets(settings.data_dir / "secrets.json")
    stores = LocalStores.from_settings(settings, ports, secrets)
    environments = Environments(settings, variables, ports, secrets, stores.admin_url, stores.redis_url)
    environment = {**os.environ, **environments.of_process(process)}
    return subprocess.run(
        [sys.executable, "-m", process.module, *arguments[1:]], env=environment, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
