"""The page for addresses that lead nowhere. A host answers with it at any depth, where no relative link holds: what it
needs is inside, and its policy names the hashes of that."""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

PAGE = "404.html"
INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)
POLICY = "default-src 'self'"


def allow_its_own(site: Path) -> None:
    """Lets the page run the script and the styles that stand in it, and no others."""
    page = site / PAGE
    text = page.read_text("utf-8")
    rules = [f"{kind}-src 'sha256-{_hash(content)}'" for kind, content in INLINE.findall(text)]
    page.write_text(text.replace(POLICY, "; ".join([POLICY, "img-src data:", *rules]), 1), "utf-8")


def _hash(content: str) -> str:
    return b64encode(sha256(content.encode()).digest()).decode()
