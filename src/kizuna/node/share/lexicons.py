"""Word lists of this node: names that a partner must not read in what it is told, and neutral words for them.

A list is a file ``lexicons/<name>.toml`` in the node's directory, with one table ``[words]``: a name to its neutral
word, or to nothing for ``[name]``. ``[sharing] forbidden`` binds lists to audiences (``"cape = names-of-cape"``). Rules
may name any list in ``neutralise_names``; what they release to an audience is looked through once more with the lists
that are bound to it, byte for byte as it would leave, and stays here where one of the names is found. A bound list that
is not there or cannot be read lets nothing out to that audience. What goes by duty or by a clause of distress is not
held back: nobody waits for rescue because of a name.

Files are read again when one changes. Raises InputError for a list that is not there, ConfigError for one that is
damaged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from kizuna.base.errors import ConfigError, InputError, KizunaError
from kizuna.node.service.sharing_settings import LEXICON
from kizuna.records.partner import Directory
from kizuna.records.record import record_id
from kizuna.share.decide import Decision
from kizuna.share.lexicon import Lexicon, lexicon, lint, neutraliser
from kizuna.share.publish import Batch
from kizuna.share.rules import toml
from kizuna.share.rules.rule import RuleSet
from kizuna.share.transforms.steps import NeutraliseNames
from kizuna.stores.shared.decisions import Decided

RULE: Final = "bound.words"
"""Stands as rule in a refusal that a word list gave."""
LARGEST: Final = 1 << 20


def read(path: Path) -> Lexicon:
    """One list from its file. Raises ConfigError with the file and what is allowed."""
    try:
        data = path.read_bytes()
        doc = toml.loads(data.decode()) if len(data) <= LARGEST else None
    except (OSError, ValueError, RecursionError) as exc:
        raise ConfigError(f"cannot be read: {exc}", where=str(path)) from exc
    words = doc.get("words") if doc is not None and doc.keys() <= {"words"} else None
    if not isinstance(words, dict) or not words or not all(isinstance(v, str) for v in words.values()):
        hint = 'one table [words]: "name" = "neutral word", or "" for [name]; at most 1 MiB'
        raise ConfigError("is no word list", where=str(path), hint=hint)
    try:
        return lexicon(path.stem, words)
    except InputError as exc:
        raise ConfigError(exc.message, where=str(path), hint=exc.hint) from exc


class Lexicons:
    """The lists of one node. Any thread may call it."""

    def __init__(self, directory: Path | None = None, bound: Mapping[str, Sequence[str]] | None = None) -> None:
        self._directory, self._bound = directory, dict(bound or {})
        self._held: dict[Path, tuple[tuple[int, int], Lexicon]] = {}

    def names(self) -> list[str]:
        """Lists that are there."""
        found = self._directory.glob("*.toml") if self._directory is not None and self._directory.is_dir() else ()
        return sorted(p.stem for p in found)

    def get(self, name: str) -> Lexicon:
        """One list, read again where its file has changed."""
        path = self._directory / f"{name}.toml" if self._directory is not None and LEXICON.fullmatch(name) else None
        if path is None or not path.is_file():
            raise InputError(f"no word list {name}", hint=f"lexicons/{name}.toml in the node's directory")
        state = path.stat()
        stamp = (state.st_mtime_ns, state.st_size)
        held = self._held.get(path)
        if held is None or held[0] != stamp:
            self._held[path] = held = stamp, read(path)
        return held[1]

    def neutral(self, names: frozenset[str]) -> Callable[[str], str]:
        """For ``share.transform.Tools``: text without the names of these lists."""
        return neutraliser({name: self.get(name) for name in names})(names)

    def of(self, audience: str, who: Directory) -> tuple[str, ...]:
        """Names of the lists that bind what an audience is told: its own and those of everybody who reads it."""
        readers = (audience, "*", *sorted(who.members(audience)))
        return tuple(dict.fromkeys(name for reader in readers for name in self._bound.get(reader, ())))

    def why_not(self, data: bytes, audience: str, who: Directory) -> str:
        """Why these bytes must not leave to an audience; empty where they may."""
        names = self.of(audience, who)
        if not names:
            return ""
        try:
            hits = lint(data, [self.get(name) for name in names])
        except KizunaError as exc:
            return f"what it may not read cannot be looked for: {exc}"
        found = [f"{h.word!r} of {h.list}" for h in hits[:3]]
        return f"it holds {', '.join(found)}; neutralise_names takes them away, or other words do" if found else ""

    def judge(self, data: bytes, decision: Decision, audience: str, who: Directory) -> Decision:
        """The decision, or the refusal where the record holds a name that the audience must not read."""
        why = self.why_not(data, audience, who) if decision.released else ""
        return decision if not why else Decision(
            "withhold", decision.policy_hash, (RULE, *decision.rule_ids), why=(why,))  # fmt: skip

    def screen(self, batches: Iterable[Batch], who: Directory) -> tuple[list[Batch], list[Decided]]:
        """What of these may leave, and lines of the decision log for what stays."""
        if not self._bound:
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
