"""Two desks in memory: each keeps the entries that reached it, and writes from what it knows."""

from kizuna.records.bodies.incident import Opened
from kizuna.share.incident import desk as desks
from kizuna.share.incident.entries import read

POS = (123.4567, 24.1234)
T0 = 1_767_225_600_000


class Room:
    """One desk with its copy of the case."""

    def __init__(self, me, by="watch-1"):
        self.desk = desks.Desk(me, by)
        self.entries = {}
        self.incident = ""

    def open(self, type="missing", reach=("north", "south", "east"), **more):
        data = desks.open_case(self.desk, Opened(n=1, type=type, pos=POS, ms=T0, **more), T0, "real", reach)
        self.take(data)
        return data

    def take(self, *data):
        for each in data:
            entry = read(each)
            self.entries[entry.id] = (entry, each)
            self.incident = self.incident or entry.incident

    def case(self):
        return desks.case_of([e for e, _ in self.entries.values()], self.incident)

    def say(self, body, now_ms=T0):
        draft = desks.add(self.desk, self.case(), body, now_ms)
        assert draft.data is not None, draft.why
        self.take(draft.data)
        return read(draft.data).id

    def refused(self, body):
        draft = desks.add(self.desk, self.case(), body, T0)
        assert draft.data is None
        return draft.why

    def bytes(self):
        return [data for _, data in self.entries.values()]


def meet(*rooms):
    """Everybody gets everything."""
    everything = [data for room in rooms for data in room.bytes()]
    for room in rooms:
        room.take(*everything)
