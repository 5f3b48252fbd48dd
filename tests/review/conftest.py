"""A browser for all pages of a module, and a library to show in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.review.studio import Studio, started_browser, studio

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started_browser() as browser:
        yield browser


@pytest.fixture
def film(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Studio:
    return studio(tmp_path, capsys)
