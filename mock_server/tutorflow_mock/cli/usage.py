"""How the commands refuse: exit code 2 and one sentence that says what to do; and flags with their twins."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from typing import Any, TypeVar

import click
from click.exceptions import NoArgsIsHelpError

from tutorflow_mock.settings import PREFIX

INTERRUPTED = 130
_SWITCH = ("1", "true", "yes", "on", "0", "false", "no", "off")
_COMMA = re.compile(r",(?![^\[]*\])")  # not the commas of a list such as [5, 25, 125]


_Command = TypeVar("_Command", bound=Callable[..., Any])


class Refusal(click.UsageError):
    """A command line that cannot be carried out; the message is one sentence that says what to do instead."""


class Commands(click.Group):
    """A group that says what is wrong in one line, and ends quietly when it is interrupted."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="replace")  # a narrow code page must not stop the output
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            refusal.ctx = None  # or click would print the usage in front of the sentence
            raise
        except NoArgsIsHelpError:
            raise  # click shows the help of the group
        except click.UsageError as error:
            path = (error.ctx or ctx).command_path
            raise Refusal(f"{error.format_message().rstrip('.')} (see {path} --help)") from None
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)


class Flag(click.Option):
    """An option `--some-flag` with its twin TUTORFLOW_MOCK_SOME_FLAG; a flag on the command line wins.

    In the environment a repeatable option is a comma list, and a switch is one of 1 true yes on, 0 false no off.
    """

    def __init__(self, *args: Any, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        name = max(self.opts, key=len).removeprefix("--")
        self.envvar = PREFIX + name.upper().replace("-", "_")

    def value_from_envvar(self, ctx: click.Context) -> str | Sequence[str] | None:
        """Read the twin."""
        text = self.resolve_envvar_value(ctx)
        if text is None:
            return None
        if self.is_flag:
            return self._switch(text, ctx)
        return [part.strip() for part in _COMMA.split(text) if part.strip()] if self.multiple else text

    def get_error_hint(self, ctx: click.Context | None) -> str:  # noqa: ARG002 - click's signature
        """Name the flag and its twin: whoever set the one may not know of the other."""
        return f"{max(self.opts, key=len)} ({self.envvar})"

    def _switch(self, text: str, ctx: click.Context) -> str:
        word = text.strip().lower()
        if word not in _SWITCH:
            raise Refusal(f"{self.envvar} must be one of {', '.join(_SWITCH)}, not {text[:64]!r}", ctx=ctx)
        return word


def examples(*lines: str) -> str:
    """Return the end of a command's help: commands that can be typed as they stand."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def flag(*names: str, **attributes: Any) -> Callable[[_Command], _Command]:
    """Declare a `Flag` of a command."""
    return click.option(*names, cls=Flag, **attributes)
