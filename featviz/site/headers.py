"""The HTTP headers a featviz site wants, for hosts that read a ``_headers`` file and for ``featviz serve``."""

from fnmatch import fnmatchcase

FOR_EVER = "public, max-age=31536000, immutable"
ASK_FIRST = "no-cache"

RULES: dict[str, dict[str, str]] = {
    "/*": {
        "Content-Security-Policy": "default-src 'self'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
    },
    "/data/*": {"Cache-Control": FOR_EVER},
    "/manifest.json": {"Cache-Control": ASK_FIRST},
    "/": {"Cache-Control": ASK_FIRST},
    "/*.html": {"Cache-Control": ASK_FIRST},
    "/css/*": {"Cache-Control": ASK_FIRST},
    "/js/*": {"Cache-Control": ASK_FIRST},
}
"""Headers by path. Hosts join the values of all rules that match, so no path may get one header from two of them."""


def headers_for(path: str) -> dict[str, str]:
    """The headers of one path such as ``/data/0123456789abcdef/A/0/1.json.zst``."""
    return {name: value for rule, values in RULES.items() if fnmatchcase(path, rule) for name, value in values.items()}


def headers_file() -> str:
    """All rules, in the form that Netlify and Cloudflare Pages read."""
    lines: list[str] = []
    for path, rule in RULES.items():
        lines += [path, *(f"  {name}: {value}" for name, value in rule.items())]
    return "\n".join(lines) + "\n"
