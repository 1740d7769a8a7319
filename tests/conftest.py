"""What several test files share: the tiny model, and its records by both paths, made once.

Torch is imported by the fixtures, so that tests that do not need it start at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.comparison import Compared
    from tests.tiny import Tiny


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """The tiny model, its SAEs and its tokens."""
    from tests import tiny

    return tiny.make(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def both_paths(files: Tiny) -> dict[str, Compared]:
    """Every record of both tiny SAEs under the default settings."""
    from tests.comparison import compare, settings_of
    from tests.tiny import D_SAE

    return compare(files, settings_of(files), range(D_SAE))
