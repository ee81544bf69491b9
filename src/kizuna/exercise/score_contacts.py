"""How well detections were matched: verdicts against truth, with Wilson intervals, and how far probabilities hold.

Three questions, each with precision and recall:

- *match*: a detection that carries the MMSI of its vessel is right, one with another MMSI is wrong. Missed is a
  detection of a vessel that was heard within ``heard_s`` of the scene and does not carry its MMSI.
- *dark*: "no track explains it" is right for vessels without AIS, false alarms and fixed structures. Missed is one of
  these that was given to a track.
- *not detected*: right where the vessel was inside the area and gave no contact. Missed is such a vessel of which that
  was not said, among those heard within ``heard_s``.

Detections of vessels with AIS that were not heard within ``heard_s`` are left out of the first two, whatever was said,
unless a wrong MMSI was said, which is always wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import pairwise

from kizuna.exercise.score import Interval, wilson


@dataclass(slots=True)
class Tally:
    """Counts of one question; more scenes add to it."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    left_out: int = 0

    @property
    def precision(self) -> Interval:
        """Share of what was said that is right."""
        return wilson(self.right, self.right + self.wrong)

    @property
    def recall(self) -> Interval:
        """Share of what is so that was said."""
        return wilson(self.right, self.right + self.missed)


@dataclass(slots=True)
class ContactScore:
    """The three questions, and pairs (probability stated, right) of every match."""

    match: Tally = field(default_factory=Tally)
    dark: Tally = field(default_factory=Tally)
    not_detected: Tally = field(default_factory=Tally)
    stated: list[tuple[float, bool]] = field(default_factory=list)
    any_stated: list[tuple[float, bool]] = field(default_factory=list)

    def add_detections(
        self, said: Sequence[int], truth: Sequence[int], silence_s: Mapping[int, float], heard_s: float,
        probability: Sequence[float] = (), any_probability: Sequence[float] = (),
    ) -> None:  # fmt: skip
        """Detections of one scene: MMSI said (0 for dark), true MMSI, and how long each MMSI was silent around it.

        A true MMSI of 0 is a vessel without AIS, one below 0 no vessel: a false alarm or a fixed structure.
        """
        for k, (mine, true) in enumerate(zip(said, truth, strict=True)):
            heard = true > 0 and silence_s.get(true, float("inf")) <= heard_s
            if mine > 0 and probability:
                self.stated.append((probability[k], mine == true))
            if any_probability and (heard or true <= 0):
                self.any_stated.append((any_probability[k], true > 0))
            self._detection(mine, true, heard=heard)

    def _detection(self, mine: int, true: int, *, heard: bool) -> None:
        if mine > 0:
            self.match.right += mine == true
            self.match.wrong += mine != true
            self.match.missed += heard and mine != true
            self.dark.missed += true <= 0
        elif true <= 0:
            self.dark.right += 1
        elif heard:
            self.dark.wrong += 1
            self.match.missed += 1
        else:
            self.match.left_out += 1
            self.dark.left_out += 1

    def add_tracks(
        self, said: AbstractSet[int], missed: AbstractSet[int], silence_s: Mapping[int, float], heard_s: float
    ) -> None:
        """Tracks of one scene: MMSIs said to be not detected, and those truly inside without a contact."""
        heard = {m for m in missed if silence_s.get(m, float("inf")) <= heard_s}
        self.not_detected.right += len(said & missed)
        self.not_detected.wrong += len(said - missed)
        self.not_detected.missed += len(heard - said)


def reliability(
    stated: Sequence[tuple[float, bool]], edges: Sequence[float] = (0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.97, 0.99, 1.0)
) -> list[tuple[float, float, int, float, Interval]]:
    """Per bin of stated probability: its edges, the number of cases, the mean stated, and the share that was right."""
    out = []
    for low, high in pairwise(edges):
        held = [(p, r) for p, r in stated if low <= p < high or (p >= high == edges[-1])]
        if held:
            mean = sum(p for p, _ in held) / len(held)
            out.append((low, high, len(held), mean, wilson(sum(r for _, r in held), len(held))))
    return out
