"""Entry point of the command line: commands, error handling, exit codes."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import traceback
from collections.abc import Sequence

import typer
import typer.main

from faxcloud.cli import (
    alerts,
    audit,
    cache,
    database,
    entries,
    imports,
    keys,
    privacy,
    reports,
    rulesets,
    sample,
    sources,
    status,
    validate,
    watch,
    webhooks,
)
from faxcloud.cli.output import DONE, FAILED, INTERRUPTED, WRONG_USAGE, exit_code_of, show_error, terminal
from faxcloud.errors import FaxCloudError
from faxcloud.i18n import N_, Translator

ABOUT = N_(
    "Analyses the exports of a fax service. Every command takes --json. Exit codes: 0 done, 1 "
    "refused or failed, 2 wrong usage."
)


def program() -> typer.Typer:
    """Typer application with all commands, in the order in which a newcomer needs them."""
    app = typer.Typer(
        help=ABOUT,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,  # plain help: quick, and legible in a log or a Windows code page
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    nouns = (
        status,
        imports,
        reports,
        entries,
        validate,
        rulesets,
        sources,
        alerts,
        webhooks,
        audit,
        cache,
        database,
        keys,
        privacy,
        watch,
        sample,
    )
    for noun in nouns:
        noun.add_to(app)
    return app


def run(args: Sequence[str]) -> int:
    """Run a command line; returns the exit code. Errors are shown, not raised."""
    options = args[: args.index("--")] if "--" in args else args  # beyond it a file may be called so
    as_json = "--json" in options
    command = typer.main.get_command(program())
    _translate(command, terminal())
    try:
        code = command.main(list(args), prog_name="faxcloud", standalone_mode=False)
    except FaxCloudError as error:
        show_error(error.code, *error.render(terminal()), as_json=as_json)
        return exit_code_of(error)
    except typer.TyperException as error:
        return _wrong_usage(error, as_json)
    except BrokenPipeError:
        return FAILED
    except SystemExit as stopped:  # Typer exits like this when stdout is closed
        return stopped.code if isinstance(stopped.code, int) else FAILED
    except Exception as error:  # noqa: BLE001 - shown whole, and the exit code says it
        # A bug in FaxCloud: the traceback is for its developers; the user still gets one line.
        traceback.print_exc()
        t = terminal()
        message = t("FaxCloud has failed: {reason}", reason=f"{type(error).__name__}: {error}")
        show_error("internal", message, t("Please report this with the lines above."), as_json=as_json)
        return FAILED
    if code == INTERRUPTED:
        t = terminal()
        show_error("interrupted", t("Stopped."), t("Nothing was left half-done."), as_json=as_json)
    return code if isinstance(code, int) else DONE


def main() -> None:
    """Entry point `faxcloud`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A Windows code page lacks most characters: better a ? than no output.
            stream.reconfigure(errors="replace")
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except OSError:
        # The pipe was closed: no error message about that, now or when Python flushes at exit.
        code = code or FAILED
        _drop_stdout()
    sys.exit(code)


def _wrong_usage(error: typer.TyperException, as_json: bool) -> int:
    message = error.format_message()
    if "\n" in message and not as_json:  # a group without a command: the message is its help
        print(message, file=sys.stderr)
        return WRONG_USAGE
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "faxcloud"
    hint = terminal().gettext("`{command} --help` shows its options.", command=path)
    show_error("usage", message, hint, as_json=as_json)
    return WRONG_USAGE


def _drop_stdout() -> None:
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _translate(command: object, t: Translator) -> None:
    """Translate the help of a command, its options and its subcommands."""
    for part in (command, *getattr(command, "params", ())):
        for name in ("help", "short_help"):
            if text := getattr(part, name, None):
                setattr(part, name, t(text))
    for below in getattr(command, "commands", {}).values():
        _translate(below, t)
