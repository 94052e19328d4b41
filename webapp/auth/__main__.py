"""Who may log in: `python -m webapp.auth add NAME --auth-file FILE`, and what else is done with that file."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Sequence
from pathlib import Path

from webapp.auth.people import People, PeopleError, read_people, write_people


def main(arguments: Sequence[str]) -> int:
    """Do what was asked for; return the exit code."""
    given = _parser().parse_args(arguments)
    try:
        print(_done(given))
    except PeopleError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _done(given: argparse.Namespace) -> str:
    path: Path = given.auth_file
    if given.command == "list":
        return "\n".join(member.name for member in read_people(path).members)
    if given.command == "add":
        people = read_people(path) if path.exists() else People()
        write_people(path, people.adding(given.name, _password(), local=given.local))
        return f"{given.name} may log in now."
    if given.command == "password":
        write_people(path, read_people(path).changing(given.name, _password()))
        return f"{given.name} has another password, and has to log in again."
    write_people(path, read_people(path).without(given.name))
    return f"{given.name} may not log in any more; what {given.name} made is kept."


def _password() -> str:
    """Ask for a password twice where somebody sits at the terminal, else read one line."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise PeopleError("These were two different passwords.")
    return password


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m webapp.auth", description="Say who may log in.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, what in (
        ("add", "let somebody in"), ("password", "give somebody another password"),
        ("remove", "let somebody in no more"), ("list", "say who may log in"),
    ):  # fmt: skip
        command = commands.add_parser(name, help=what)
        command.add_argument("--auth-file", type=Path, required=True, help="the file that --auth-file names")
        if name != "list":
            command.add_argument("name", help="the name to log in with")
        if name == "add":
            command.add_argument(
                "--local", action="store_true", help="goes on with the sessions made before anybody logged in"
            )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
