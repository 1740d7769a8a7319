"""What the page's root element says to programs is documented."""

import re
from pathlib import Path

import featviz

TEMPLATE = Path(featviz.__file__).parents[1] / "site_template"


def test_every_kind_of_error_is_in_the_format() -> None:
    kinds = (TEMPLATE / "theme/js/bundle_error.js").read_text("utf-8").split("ErrorKind")[0].split("@typedef")[1]
    table = (TEMPLATE / "docs/format.md").read_text("utf-8").split("| `data-error` |")[1].split("\n\n")[0]
    documented = [kind for row in table.splitlines() for kind in re.findall(r"`([a-z-]+)`", row.split(" | ")[0])]
    assert sorted(documented) == sorted(re.findall(r'"([a-z-]+)"', kinds))
