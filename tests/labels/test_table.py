"""Labels as CSV."""

from pathlib import Path

import pytest

from featviz.errors import InputError
from featviz.labels.labels import Labels, Subject, Subjects
from featviz.labels.read import read_labels
from featviz.records import Label

TWO = Subjects.of([Subject("A", 12), Subject("B", 3)])
ONE = Subjects.of([Subject("A", 12)])


def read(folder: Path, text: str, subjects: Subjects = ONE) -> Labels:
    (folder / "labels.csv").write_text(text, encoding="utf-8")
    return read_labels(folder / "labels.csv", subjects)


def refusal(folder: Path, text: str, subjects: Subjects = ONE) -> str:
    with pytest.raises(InputError) as refused:
        read(folder, text, subjects)
    assert str(folder / "labels.csv") in str(refused.value)
    return str(refused.value)


def test_a_line_is_a_feature(tmp_path: Path) -> None:
    labels = read(tmp_path, 'feature,text,score,source\n7,decorators,0.5,me\n\n11,"a ""quoted"", long\nlabel",,\n')
    assert labels.by_feature == {
        ("A", 7): Label("decorators", 0.5, "me"),
        ("A", 11): Label('a "quoted", long\nlabel', None, None),
    }


def test_columns_have_other_names_and_any_order(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeffDescription, density, Index\nends,0.1,3\n").by_feature == {("A", 3): Label("ends")}


def test_a_column_names_the_sae(tmp_path: Path) -> None:
    assert read(tmp_path, "sae,feature,text\nB,2,ends\n", TWO).by_feature == {("B", 2): Label("ends")}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "its first line names nothing, expected columns such as feature,text"),
        ("feature,txt\n1,x", "its first line names feature, txt, expected columns such as feature,text,score,source. "),
        ("feature,txt\n1,x", "Did you mean text?"),
        ("feature,text\n12,x", 'line 2: "12" is no feature of this SAE. Expected a number from 0 to 11.'),
        ("feature,text\n1,x\n1,y", "line 3: feature 1 of SAE A is there twice"),
        ("feature,text\n1", "line 2 has 1 values, but the first line names 2"),
        ("feature,text,score\n1,x,high", "line 2: score is high, expected a number"),
        ("feature,text,score\n1,x,nan", "line 2: score is nan, expected a number"),
        ("sae,feature,text\n../B,1,x", 'line 2 labels SAE "../B", but this site has A'),
        ('feature,text\n1,"x', "line 2: not CSV"),
        ("feature,text\n1," + "x" * 30_000, "not CSV: field larger than field limit"),
    ],
    ids=lambda value: value[:30],
)
def test_refuses(tmp_path: Path, text: str, message: str) -> None:
    if "field limit" in message:
        text += "x" * 200_000
    assert message in refusal(tmp_path, text)


def test_the_sae_must_be_told_where_there_are_several(tmp_path: Path) -> None:
    assert "does not say of which SAE its features are" in refusal(tmp_path, "feature,text\n1,x", TWO)
