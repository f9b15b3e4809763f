"""The country of a network, by a database that the operator gives."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import maxminddb


class Countries:
    """Looks networks up in a file of MaxMind's format; without one it knows none."""

    def __init__(self, file: Path | None) -> None:
        self._reader = None if file is None else maxminddb.open_database(file)

    def of(self, network: str) -> str | None:
        """Give the ISO code of a network's country, None when it is not known."""
        if self._reader is None:
            return None
        try:
            address = ipaddress.ip_network(network).network_address
            found = self._reader.get(address)
        except ValueError:
            return None
        country = found.get("country") if isinstance(found, dict) else None
        code = country.get("iso_code") if isinstance(country, dict) else None
        return code if isinstance(code, str) else None

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
