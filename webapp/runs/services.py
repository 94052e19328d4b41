"""What the pages are given."""

from __future__ import annotations

from dataclasses import dataclass

from storage.database import Database
from webapp.runs.access import Access
from webapp.runs.engines import EngineHub
from webapp.runs.library import LibraryService
from webapp.runs.persons import Persons
from webapp.runs.service import RunService
from webapp.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a page may ask, made once by the server."""

    settings: Settings
    database: Database
    hub: EngineHub
    runs: RunService
    library: LibraryService

    @property
    def access(self) -> Access:
        """Who may read and change what."""
        return Access(self.database)

    @property
    def persons(self) -> Persons:
        """What is known of people."""
        return Persons(self.database)
