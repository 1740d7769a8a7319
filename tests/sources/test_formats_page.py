"""The page about formats names what is read."""

from featviz.site.build import template_folder
from featviz.sources.readers import dictionary_learning, saelens, sparsify
from featviz.sources.readers.recognise import FORMATS

PAGE = (template_folder() / "docs" / "sae.md").read_text("utf-8")


def test_it_has_a_row_for_every_format() -> None:
    rows = [line.split("|")[1].strip() for line in PAGE.splitlines() if line.startswith("| ")][1:]
    assert sorted(rows) == sorted(reader.NAME for reader in FORMATS)


def test_it_names_every_architecture() -> None:
    names = [*dictionary_learning.CLASSES, *sparsify.ACTIVATIONS, *saelens.ARCHITECTURES]
    written_out = {"jumprelu_transcoder", "jumprelu_skip_transcoder"}
    assert [name for name in names if name not in PAGE and name not in written_out] == []
