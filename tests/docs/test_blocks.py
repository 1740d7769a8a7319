"""The reading of a page's blocks."""

from tests.docs.blocks import Step, agrees, steps

PAGE = """Text.

```console
$ featviz build --sae a \\
    --tokens b
The site is in build.

$ featviz check build
```

```python
x = 1
```

```
$ not run
```
"""


def test_commands_and_blocks_become_steps_in_their_order() -> None:
    assert list(steps(PAGE)) == [
        Step("console", "featviz build --sae a --tokens b", "The site is in build.\n\n"),
        Step("console", "featviz check build", ""),
        Step("python", "x = 1\n"),
    ]


def test_dots_stand_for_anything() -> None:
    assert agrees("a … c\n", "a b b c  \n\n")
    assert not agrees("a … c\n", "a b\n")


def test_a_command_without_shown_output_may_print_anything() -> None:
    assert agrees("\n", "whatever\n")
