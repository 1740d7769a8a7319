"""The page for addresses that lead nowhere."""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from featviz.site.lost import allow_its_own


def test_the_policy_names_what_stands_in_the_page(tmp_path: Path) -> None:
    page = tmp_path / "404.html"
    page.write_text("<meta content=\"default-src 'self'\"><style>a{}</style><script>\nb()\n</script>", "utf-8")
    allow_its_own(tmp_path)
    style, script = (b64encode(sha256(text.encode()).digest()).decode() for text in ("a{}", "\nb()\n"))
    policy = f"default-src 'self'; img-src data:; style-src 'sha256-{style}'; script-src 'sha256-{script}'"
    assert f'content="{policy}"' in page.read_text("utf-8")
