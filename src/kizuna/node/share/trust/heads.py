"""Heads of our own logs: nothing is signed that is not stored, and nothing of which more was signed before.

The door appends and has the head signed here. A store that was set back to an old backup is found before anything is
put behind it, by what was signed and kept outside the store (``Marks``).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence

from kizuna.base.errors import TrustError
from kizuna.node.share.identity import Identity, Marks
from kizuna.share import release
from kizuna.share.keys import Position
from kizuna.share.ledger.name import LogName, parse_name
from kizuna.share.ledger.note import Verifier, check_note, read_note
from kizuna.stores.shared.logs import LogState
from kizuna.stores.shared.shared import Shared

News = Callable[[LogName, int], None]


class Heads:
    """The logs of one node in one context. Not for several threads: the door lets one in at a time."""

    def __init__(
        self, identity: Identity, shared: Shared, marks: Marks, random: Callable[[int], bytes],
        now_ms: Callable[[], int], news: Sequence[News],
    ) -> None:  # fmt: skip
        """``news`` is asked anew each time: whoever stands in it hears of each signed head."""
        self._identity, self._shared, self._marks = identity, shared, marks
        self._random, self._now_ms, self._news = random, now_ms, news
        self._looked = False
        """Whether heads were looked through for those of former keys."""
        logs = shared.logs.all("out")
        self._unsure = marks.lost and any(s.head_size for s in logs if parse_name(s.name).epoch == self.epoch)

    @property
    def epoch(self) -> int:
        """The epoch in which our logs are written."""
        manifest = self._identity.ring.manifest
        return manifest.epoch if manifest else 1

    def box(self, name: LogName) -> release.Outbox:
        """A log of ours as releases append to it."""
        held = self._shared.outbox.log(name)
        return release.Outbox(name, held.frontier, held.salts) if held else release.open_outbox(name, self._random)

    def sign_rest(self) -> int:
        """Sign what a crash left unsigned, and once what a former key signed. How many logs."""
        rest = self._shared.outbox.unsigned()
        if not self._looked:
            rest += [s for s in self._shared.logs.all("out") if s.size == s.head_size and self._is_former(s)]
            self._looked = True
        names = [parse_name(s.name) for s in rest if not s.halted]
        boxes = [self.box(name) for name in names if name.epoch == self.epoch]
        self.sign(boxes)
        return len(boxes)

    def _is_former(self, state: LogState) -> bool:
        """Whether a head was signed by a key of ours that is not in use any more."""
        if state.head is None:
            return False
        try:
            check_note(read_note(state.head), [Verifier(state.name, self._identity.keys.page.public)])
        except TrustError:
            return True
        return False

    def _signed_before(self, name: str) -> list[Position] | None:
        """What is known to have been signed of a log; None where the file that must know is gone."""
        held = self._marks.of(name)
        return None if self._unsure else [held] if held else []

    def standing(self, box: release.Outbox) -> None:
        """Refuse to go on with a log of which more was signed than is here, before anything is put behind it."""
        name = str(box.name)
        try:
            release.standing(box, self._signed_before(name), self._shared.outbox.nodes(name))
        except TrustError as exc:
            self._shared.logs.halt(name, exc.message)
            raise

    def sign(self, boxes: Iterable[release.Outbox]) -> None:
        """Sign heads over what is stored, mark how far, and tell whoever waits."""
        for box in boxes:
            name = str(box.name)
            now_ms = self._now_ms()  # read once: who verifies compares the time that is kept with the signed one
            head = release.sign(box, self._identity.keys, marks=self._signed_before(name),
                                nodes=self._shared.outbox.nodes(name), now_ms=now_ms)  # fmt: skip
            root = base64.b64encode(box.frontier.root).decode()
            self._marks.put({name: Position(box.size, root)})
            self._shared.outbox.signed(name, box.size, head, now_ms)
            for tell in self._news:
                tell(box.name, box.size)
