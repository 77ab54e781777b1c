"""The errors that a person is meant to read: what went wrong, where, and what to do next.

Every part of openspm raises one of these for a fault that a user can act on. The command line prints it without a
traceback and ends with `exit_code`. Anything else that escapes is a defect of ours. No message may hold a pay figure.
"""

from __future__ import annotations


class OpenspmError(Exception):
    """A fault that the user can act on.

    Attributes:
        message: what went wrong, one sentence.
        where: the place: a file and line, a table and row, a setting.
        next_step: what the user does next, one sentence.
        exit_code: what the process ends with.
    """

    default_exit_code = 1

    def __init__(
        self,
        message: str,
        where: str | None = None,
        next_step: str | None = None,
        exit_code: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.next_step = next_step
        self.exit_code = self.default_exit_code if exit_code is None else exit_code

    def __str__(self) -> str:
        """The message with its place and its next step, for logs."""
        parts = [self.message]
        if self.where:
            parts.append(f"where: {self.where}")
        if self.next_step:
            parts.append(f"next: {self.next_step}")
        return "\n".join(parts)

    def __reduce__(self) -> tuple[type[OpenspmError], tuple[object, ...]]:
        """Keep every field when the error crosses a process boundary."""
        return type(self), (self.message, self.where, self.next_step, self.exit_code)


class UsageError(OpenspmError):
    """The command was called in a way that cannot work."""

    default_exit_code = 2


class GateBlocked(OpenspmError):  # noqa: N818 - the name says what happened
    """A gate found data that must not be published; the last publication stays."""

    default_exit_code = 3


class Locked(OpenspmError):  # noqa: N818 - the name says what happened
    """Another run holds the company's lock."""

    default_exit_code = 4


class SourceUnreachable(OpenspmError):  # noqa: N818 - the name says what happened
    """A source could not be read: no such file, no such host, no right to."""

    default_exit_code = 5


class SourceRefused(SourceUnreachable):
    """A source answered and refused: a wrong password, no right to a table. Asking again would change nothing."""
