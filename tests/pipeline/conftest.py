from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.tiny import Tiny


@pytest.fixture(scope="session")
def whole(files: Tiny, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The releases of a build that nobody stopped."""
    from featviz.pipeline.build import build
    from tests.pipeline.resumable import data, settings

    out = tmp_path_factory.mktemp("whole") / "build"
    build(settings(files, out))
    return data(out)


@pytest.fixture
def without_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Builds in this process make no pages; those of other processes do."""
    from featviz.pipeline import build

    monkeypatch.setattr(build, "build_site", lambda *args: [])
