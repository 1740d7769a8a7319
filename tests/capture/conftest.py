"""What the tests of pass 1 share."""

from typing import Any

import pytest

from featviz.sources.model import LanguageModel


@pytest.fixture
def model_runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Fills with the sequences of each run of the model."""
    run, told = LanguageModel.run, list[int]()

    def counted(self: LanguageModel, ids: Any, hooks: Any, *rest: Any) -> Any:
        told.append(len(ids))
        return run(self, ids, hooks, *rest)

    monkeypatch.setattr(LanguageModel, "run", counted)
    return told
