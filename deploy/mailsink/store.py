"""The mails on disk, one .eml file each, and their summaries in memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import UUID

from deploy.mailsink.mails import Mail, Summary, read_mail, read_summary
from libs.common.clock import from_ms
from libs.common.ids import uuid7


class UnknownMail(KeyError):
    """No mail has this id: never taken, deleted, or pushed out by newer ones."""


class MailStore:
    """Mails in a folder, at most `keep` of them. Survives a restart; the newest come first.

    Writes are a plain file each, without fsync: the last mails may go with the machine, never with the process.
    """

    def __init__(self, folder: Path, *, keep: int) -> None:
        self._folder = folder
        self._keep = keep
        self._summaries: dict[str, Summary] = {}  # oldest first
        self._read: set[str] = set()
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(folder.glob("*.eml")):  # ids are UUIDv7: by name is by time
            self._remember(_summary(path.stem, path.read_bytes()))

    def __len__(self) -> int:
        return len(self._summaries)

    @property
    def unread(self) -> int:
        return len(self._summaries) - len(self._read)

    def add(self, sender: str, recipients: list[str], raw: bytes) -> Summary:
        """Keep a mail that came from `sender` for `recipients` (the envelope's addresses)."""
        mail_id = uuid7().hex
        trace = f"Return-Path: <{sender}>\r\n" + "".join(f"Delivered-To: {address}\r\n" for address in recipients)
        whole = trace.encode("utf-8", "surrogateescape") + raw
        partial = self._folder / f"{mail_id}.part"
        partial.write_bytes(whole)
        partial.rename(self._path(mail_id))
        summary = _summary(mail_id, whole)
        self._remember(summary)
        return summary

    def newest_first(self) -> Iterator[Summary]:
        return reversed(self._summaries.values())

    def is_read(self, mail_id: str) -> bool:
        return mail_id in self._read

    def get(self, mail_id: str) -> Mail:
        """Read a mail whole and mark it read; `latest` names the newest. Raises UnknownMail."""
        mail_id = self._known(mail_id)
        self._read.add(mail_id)
        return read_mail(mail_id, _taken_at(mail_id), self._path(mail_id).read_bytes())

    def get_raw(self, mail_id: str) -> bytes:
        """Read a mail's bytes. Raises UnknownMail."""
        return self._path(self._known(mail_id)).read_bytes()

    def delete(self, mail_ids: list[str]) -> None:
        """Forget these mails; those that are gone already do no harm."""
        for mail_id in mail_ids:
            if self._summaries.pop(mail_id, None) is not None:
                self._read.discard(mail_id)
                self._path(mail_id).unlink(missing_ok=True)

    def delete_all(self) -> None:
        self.delete(list(self._summaries))

    def _remember(self, summary: Summary) -> None:
        self._summaries[summary.id] = summary
        while len(self._summaries) > self._keep:
            self.delete([next(iter(self._summaries))])

    def _known(self, mail_id: str) -> str:
        if mail_id == "latest" and self._summaries:
            return next(reversed(self._summaries))
        if mail_id not in self._summaries:
            raise UnknownMail(mail_id)
        return mail_id

    def _path(self, mail_id: str) -> Path:
        return self._folder / f"{mail_id}.eml"


def _summary(mail_id: str, raw: bytes) -> Summary:
    return read_summary(mail_id, _taken_at(mail_id), raw)


def _taken_at(mail_id: str) -> datetime:
    """Tell when a mail was taken: its id is a UUIDv7, which begins with 48 bits of Unix ms."""
    return from_ms(UUID(hex=mail_id).int >> 80)
