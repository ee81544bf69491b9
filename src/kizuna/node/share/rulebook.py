"""The rules of release of one node: every text ever proposed, every step that a person took, what is in force.

Texts and steps are papers of the shared store, so a decision of long ago can be read with the rules of its time, and a
command beside a running node changes what the node does within a second. ``share.rules.activation`` says which steps
are allowed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

import msgspec

from kizuna.base.errors import InputError
from kizuna.share.rules import activation
from kizuna.share.rules.activation import ACTIVATE, APPROVE, PROPOSE, ROLL_BACK, STOP, WITHDRAW, Status, Step
from kizuna.share.rules.read import load
from kizuna.share.rules.rule import RuleSet
from kizuna.stores.shared import Shared
from kizuna.stores.shared.books import Paper

TEXTS: Final = "rules"
STEPS: Final = "rules step"
NAME: Final = "release"
_TRIES: Final = 5


class RuleBook:
    """Any thread and any process may use it; reading asks the store anew each time."""

    def __init__(self, shared: Shared) -> None:
        self._papers = shared.papers
        self._shared = shared
        self._lock = threading.Lock()
        self._read: tuple[int, Status] = (-1, Status())
        self._sets: dict[str, RuleSet] = {}
        self.person_of: Callable[[str], str] = lambda _name: ""
        """Id of the account of a name; whoever knows the accounts of this node sets it."""

    def status(self) -> Status:
        """Where things stand."""
        with self._lock:
            count = self._shared.papers.count(STEPS)
            if count != self._read[0]:
                steps = [msgspec.json.decode(p.data, type=Step) for p in self._papers.versions(STEPS, NAME)]
                self._read = count, activation.status(steps)
            return self._read[1]

    def active(self) -> RuleSet | None:
        """The rules in force; None where nothing leaves."""
        found = self.status().active
        return self.read(found) if found else None

    def read(self, digest: str) -> RuleSet:
        """A text by its hash. Raises InputError where it was never proposed."""
        if digest not in self._sets:
            paper = self._papers.by_digest(digest)
            if paper is None or paper.kind != TEXTS:
                raise InputError(f"no rules {digest[:16]} are kept here", hint="kizuna rules show")
            self._sets[digest] = load(paper.data, f"rules version {paper.version}")
        return self._sets[digest]

    def find(self, version: int | str) -> RuleSet:
        """A text by its version number, or by the beginning of its hash (eight digits at least)."""
        for paper in self._papers.versions(TEXTS, NAME):
            rules = load(paper.data, f"rules version {paper.version}")
            if str(paper.version) == str(version) or (len(str(version)) >= 8 and rules.hash.startswith(str(version))):  # noqa: PLR2004
                return rules
        raise InputError(f"no rules {version} are kept here", hint="kizuna rules show")

    def version_of(self, digest: str) -> int:
        """Version number of a text; 0 where it is none or was never proposed."""
        found = self._papers.by_digest(digest) if digest else None
        return found.version if found and found.kind == TEXTS else 0

    # ---- steps ------------------------------------------------------------------------------------------------------
    def propose(self, text: bytes, by: str, at_ms: int) -> RuleSet:
        """Keep a text and propose it. Raises ConfigError for a text that does not read, InputError as ``step``."""
        rules = load(text)
        if not self.version_of(rules.hash):
            self._next(TEXTS, text, by, at_ms)
        self.step(PROPOSE, by, at_ms, rules.hash)
        return rules

    def approve(self, digest: str, by: str, at_ms: int) -> Status:
        """A second person agrees."""
        return self.step(APPROVE, by, at_ms, digest)

    def activate(self, digest: str, by: str, at_ms: int) -> Status:
        """Put in force what two people agreed on."""
        return self.step(ACTIVATE, by, at_ms, digest)

    def withdraw(self, digest: str, by: str, at_ms: int) -> Status:
        """Take a proposal back."""
        return self.step(WITHDRAW, by, at_ms, digest)

    def roll_back(self, by: str, at_ms: int) -> Status:
        """Back to the rules before, within a day of activation."""
        return self.step(ROLL_BACK, by, at_ms, self.status().before)

    def stop(self, by: str, at_ms: int) -> Status:
        """Nothing leaves from now on."""
        return self.step(STOP, by, at_ms)

    def step(self, deed: str, by: str, at_ms: int, rules: str = "", text: str = "") -> Status:
        """Take one step. Raises InputError that says why it is not allowed."""
        now = self.status()
        step = Step(deed, by, at_ms, rules, now.active, text, self.person_of(by))
        activation.take(now, step)
        if rules:
            self.read(rules)
        self._next(STEPS, msgspec.json.encode(step), by, at_ms, count=len(now.steps))
        return self.status()

    def _next(self, kind: str, data: bytes, by: str, at_ms: int, count: int | None = None) -> None:
        """Keep the next version; a step only where nobody else took one meanwhile."""
        if count is not None:
            self._papers.put(Paper(kind, NAME, count + 1, at_ms, by, data))
            return
        for _ in range(_TRIES):
            number = len(self._papers.versions(kind, NAME)) + 1
            try:
                self._papers.put(Paper(kind, NAME, number, at_ms, by, data))
            except InputError:
                continue
            return
        raise InputError("others write these papers without pause", hint="try again")
