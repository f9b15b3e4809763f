"""The replay: recorded prices played on our own clock (README.md)."""

from services.market.providers.replay.folder import FolderOptions, folder_eras
from services.market.providers.replay.packages import packaged_eras
from services.market.providers.replay.provider import ReplayOptions, ReplayProvider

__all__ = ["FolderOptions", "ReplayOptions", "ReplayProvider", "folder_eras", "packaged_eras"]
