"""The word lists of this node at the door: names that a partner must not read in what it is told.

The lists are those of every export (``exchange.lists``): ``lexicon/NAME.txt`` in the node's directory; one that has
the name of a partner binds that partner alone, any other binds all. Rules name them in ``neutralise_names``. What rules
release is looked through once more, byte for byte as it would leave, with the lists that bind its readers, and
stays here where a name is found; so nothing is found after the names gave way to neutral words. A list that cannot be
read lets nothing out. What goes by duty or in distress is not held back: nobody waits for rescue because of a name.

Files are read again when one changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from kizuna.base.errors import InputError, KizunaError
from kizuna.node.share.desk.refusal import SAID
from kizuna.node.share.exchange.lists import read
from kizuna.records.partner import Directory
from kizuna.records.record import record_id
from kizuna.share.decide import Decision
from kizuna.share.lexicon import Lexicon, lint, neutraliser
from kizuna.share.publish import Batch
from kizuna.share.rules.rule import RuleSet
from kizuna.share.transforms.steps import NeutraliseNames
from kizuna.stores.shared.decisions import Decided

RULE: Final = "bound.words"
"""Stands as rule in a refusal that a word list gave."""


class Lexicons:
    """The lists of one node. Any thread may call it."""

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory
        self._held: dict[Path, tuple[tuple[int, int], Lexicon]] = {}

    def _files(self) -> list[Path]:
        return sorted(self._directory.glob("*.txt")) if self._directory is not None and self._directory.is_dir() else []

    def get(self, name: str) -> Lexicon:
        """One list. Raises InputError where it is not there, ConfigError where it cannot be read."""
        path = next((p for p in self._files() if p.stem == name), None)
        if path is None:
            raise InputError(f"no word list {name[:64]!r}", hint="lexicon/NAME.txt in the node's directory")
        return self._read(path)

    def _read(self, path: Path) -> Lexicon:
        state = path.stat()
        stamp = (state.st_mtime_ns, state.st_size)
        held = self._held.get(path)
        if held is None or held[0] != stamp:
            self._held[path] = held = stamp, read(path)
        return held[1]

    def neutral(self, names: frozenset[str]) -> Callable[[str], str]:
        """For ``share.transform.Tools``: text without the names of these lists."""
        return neutraliser({name: self.get(name) for name in names})(names)

    def of(self, audience: str, who: Directory) -> list[Path]:
        """Files of the lists that bind what an audience is told: those of its readers, and those of nobody alone."""
        readers = {audience, *who.members(audience)}
        return [p for p in self._files() if p.stem in readers or p.stem not in who.partners]

    def why_not(self, data: bytes, audience: str, who: Directory) -> str:
        """Why these bytes must not leave to an audience; empty where they may."""
        try:
            hits = lint(data, [self._read(path) for path in self.of(audience, who)])
        except (KizunaError, OSError) as exc:
            return SAID("lexicon.unread", what=str(exc))
        found = ", ".join(f"{h.word!r} of the list {h.list}" for h in hits[:3])
        return SAID("lexicon.holds", names=found) if found else ""

    def judge(self, data: bytes, decision: Decision, audience: str, who: Directory) -> Decision:
        """The decision, or the refusal where the record holds a name that the audience must not read."""
        why = self.why_not(data, audience, who) if decision.released else ""
        return decision if not why else Decision(
            "withhold", decision.policy_hash, (RULE, *decision.rule_ids), why=(why,))  # fmt: skip

    def screen(self, batches: Iterable[Batch], who: Directory) -> tuple[list[Batch], list[Decided]]:
        """What of these may leave, and lines of the decision log for what stays."""
        if not self._files():
            return list(batches), []
        kept, withheld = [], []
        for batch in batches:
            free = []
            for data, decision in batch.released:
                judged = self.judge(data, decision, batch.audience, who)
                if judged.released:
                    free.append((data, decision))
                else:
                    withheld.append(Decided(batch.audience, "withhold", (record_id(data),), judged.rule_ids, (),
                                            judged.policy_hash, "; ".join(judged.why)[:1000]))  # fmt: skip
            kept.append(batch._replace(released=tuple(free)))
        return kept, withheld

    def missing(self, rules: RuleSet) -> Iterator[tuple[str, str]]:
        """Rules that name a list which is not there or cannot be read: rule, what is the matter."""
        for rule in rules.rules:
            step = rule.transforms.get(NeutraliseNames) if rule.releases else None
            for name in sorted(step.lists) if step else ():
                try:
                    self.get(name)
                except KizunaError as exc:
                    yield rule.id, str(exc)
