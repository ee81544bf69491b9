"""The errors of the house. Each says what the caller can do.

    KizunaError
    +-- InputError        set the item aside, count it, go on with the rest
    |   +-- ContextError  of another context than what it should stand beside: real, exercise and test never mix
    +-- TrustError        stop talking to this peer and raise the alarm
    +-- UnavailableError  keep what you have and try again
    +-- ConfigError       tell the operator: which file, which key, which values are allowed

A refusal to release something is a decision, not an error. Any other exception is a bug and may crash.
"""

from __future__ import annotations


class KizunaError(Exception):
    """Base of all declared errors; carries a sentence for the person and a hint of what to do.

    ``code`` and ``facts`` say the same for a page that has its own words in other languages.
    """

    def __init__(self, message: str, *, where: str = "", hint: str = "", code: str = "", **facts: str | float) -> None:
        self.message = message
        self.where = where
        self.hint = hint
        self.code = code
        self.facts = facts
        super().__init__(str(self))

    def __str__(self) -> str:
        """Join place, message and hint in one line."""
        head = f"{self.where}: {self.message}" if self.where else self.message
        return f"{head} ({self.hint})" if self.hint else head


def because(exc: Exception) -> str:
    """Why a file cannot be read, without its name, which stands before it in the message."""
    return getattr(exc, "strerror", None) or str(exc)


class InputError(KizunaError):
    """Bytes or rows that cannot be used. ``where`` names file and line or byte; the good rest goes on."""


class ContextError(InputError):
    """Statements of another context than the one that they would be read into; a rule refuses to mix them."""


class TrustError(KizunaError):
    """A peer or a file is not what it claims to be."""


class UnavailableError(KizunaError):
    """Something outside did not answer; what was received so far is kept."""


class ConfigError(KizunaError):
    """A setting is wrong. ``where`` names the file and key, ``hint`` the allowed values."""
