"""The Library: what is stored can be found, named, put away, taken along."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.explore import Explore
from tests.e2e.program import Program
