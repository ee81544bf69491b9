"""Trials of the ledger that tests run in small and `tests/soak/ledger_soak.py` in full: bent pages, forks, key schedules."""

import random as chance
from hashlib import sha256

import pytest
import zstandard
from ledger_party import NOW_MS, REAL, Log, Party, Shelf, Yes, record

from kizuna.base.errors import InputError, TrustError, UnavailableError
from kizuna.share import receipt, release
from kizuna.share.ledger import merkle
from kizuna.share.ledger.merkle import NodeList
from kizuna.share.page import open_page
from kizuna.share.verify import rewind


def fresh(seed=1):
    return Party("harbour", seed), Party("cape", seed)


def fork(seed):
    """A partner set back to an earlier size tells another story from there on; its first answer is judged."""
    rng = chance.Random(seed)
    a, b = fresh()
    n = rng.randint(1, 60)
    a.tell(REAL, [record(i) for i in range(n)])
    trusted, shelf = b.trusts(a), Shelf(REAL)
    shelf.take(trusted, a.page(REAL, 0, rng.randint(1, n)))
    held, common = shelf.seen.size, rng.randint(0, shelf.seen.size - 1)
    log, copy = a.log(REAL), Log(a.log(REAL).box)
    back = merkle.frontier_at(common, log.nodes)
    copy.box = release.Outbox(REAL, back, log.box.salts)
    copy.nodes = NodeList(log.nodes.read(range(merkle.nodes_before(common))))
    copy.records, copy.marks = log.records[:common], []
    a.logs[REAL] = copy
    more = rng.randint(1, 80)
    a.tell(REAL, [record(i, unit="other") for i in range(common, common + more)])
    size = a.log(REAL).box.size
    answer = a.page(REAL, min(held, size), min(held, size) + 20)
    shelf.take(trusted, answer, asked=held)


def bent_pages(a, rng, n):
    """Pages changed by somebody who knows the format: the frame is made anew around what was changed."""
    for _ in range(n):
        first = rng.randint(0, 40)
        whole = a.page(REAL, first, first + rng.randint(1, 10))
        how = rng.randint(0, 5)
        if how == 0:
            bent = bytearray(whole)
            bent[rng.randrange(len(bent))] ^= 1 << rng.randrange(8)
            yield first, bytes(bent)
            continue
        plain = bytearray(zstandard.ZstdDecompressor().decompress(whole[20:]))
        if how == 1:
            plain[rng.randrange(len(plain))] ^= 1 << rng.randrange(8)
        elif how == 2:
            at = rng.randrange(len(plain))
            del plain[at : at + rng.randint(1, 40)]
        elif how == 3:
            at = rng.randrange(len(plain))
            plain[at:at] = rng.randbytes(rng.randint(1, 20))
        else:
            lines = bytes(plain).split(b"\n")
            i, j = rng.randrange(len(lines) - 1), rng.randrange(len(lines) - 1)
            if lines[i] == lines[j]:
                lines.insert(i, lines[j])
            lines[i], lines[j] = lines[j], lines[i] if how == 4 else b"~" + b"A" * 43 + b"="
            plain = bytearray(b"\n".join(lines))
        packed = zstandard.ZstdCompressor().compress(bytes(plain))
        yield first, b"KZP1" + sha256(packed).digest()[:16] + packed


def judge_bent(seed, n):
    """How many of n bent pages are taken; anything but the three errors escapes."""
    rng = chance.Random(seed)
    a, b = fresh()
    a.tell(REAL, [record(i) for i in range(60)])
    trusted = b.trusts(a)
    shelves = {}
    for first in range(41):
        shelves[first] = Shelf(REAL)
        if first:
            shelves[first].take(trusted, a.page(REAL, 0, first))
    taken = 0
    for first, data in bent_pages(a, rng, n):
        try:
            got = trusted.page(data, shelves[first].seen, shelves[first].nodes)
        except (InputError, TrustError, UnavailableError):
            continue
        hint = (
            open_page(data).keys != a.ring.sequence
        )  # the one number that no signature covers, and that decides nothing
        taken += not (hint and list(got.records) == a.log(REAL).records[first : got.seen.size])
    return taken


class Story:
    """One random schedule: a log grows, keys come and go, pages travel late, somebody holds old keys."""

    def __init__(self, seed):
        self.rng = chance.Random(seed)
        self.a, self.b = Party("harbour", seed), Party("cape", seed)
        self.trusted, self.shelf = self.b.trusts(self.a), Shelf(REAL)
        self.dead, self.stolen, self.late, self.signers = [], [], [], []
        self.n = self.refused = self.forged = 0
        self.good = self.a.position(REAL, 0)

    def grow(self):
        count = self.rng.randint(1, 12)
        self.a.tell(REAL, [record(self.n + i) for i in range(count)])
        self.n += count
        if self.rng.random() < 0.5:
            first = self.rng.randint(0, self.n - 1)
            self.late.append(self.a.page(REAL, first))

    def rotate(self):
        """New keys beside the old ones, then the old ones end, now or later, as planned or stolen."""
        old, self.a.keys = self.a.keys, self.a.new_keys()
        self.a.publish(receipt.rotate(self.a.ring, self.a.root, self.a.keys.listed()))
        if self.rng.random() < 0.3:
            self.grow()  # overlap
        if self.rng.random() < 0.5:
            ends = {str(REAL): self.a.position(REAL)}
            for key in (old.page, old.node):
                self.a.publish(receipt.retire(self.a.ring, self.a.root, key.public, ends))
        else:
            if self.rng.random() < 0.5:
                self.deceive(old)  # the thief was quicker than the revocation
            for key in (old.page, old.node):
                self.a.publish(receipt.revoke(self.a.ring, self.a.root, key.public, {str(REAL): self.good}))
        self.dead.append(old)
        if self.a.log(REAL).box.size:
            self.a.sign(REAL)

    def forge(self, keys, base):
        """A page that goes on from the first ``base`` records otherwise, under these keys."""
        log = self.a.log(REAL)
        nodes = NodeList(log.nodes.read(range(merkle.nodes_before(base))))
        box = release.Outbox(REAL, merkle.frontier_at(base, log.nodes), log.box.salts)
        bad = [record(i, unit="forged") for i in range(self.rng.randint(1, 9))]
        added = release.append(box, [(r, Yes()) for r in bad])
        nodes.extend(added.nodes)
        head = release.sign(added.outbox, keys, marks=[], nodes=nodes, now_ms=NOW_MS)
        return release.cut(added.outbox, base, bad, head, nodes, keys=self.rng.randint(1, self.a.ring.sequence))

    def deceive(self, keys):
        if self.trusted.ring.manifest.keys and self.shelf.seen.size <= self.n:
            page = self.forge(keys, self.shelf.seen.size)
            try:
                got = self.take(page)
            except (TrustError, UnavailableError):
                return
            self.forged += len(got.records)

    def attack(self):
        for keys in self.dead:
            page = self.forge(keys, self.rng.randint(0, min(self.shelf.seen.size, self.n)))
            with pytest.raises((InputError, TrustError, UnavailableError)):
                self.shelf.take(self.trusted, page)
            self.refused += 1

    def take(self, page, **more):
        got = self.shelf.take(self.trusted, page, **more)
        if got.records:
            self.signers.append((got.first, got.signer))
        return got

    def fetch_keys(self):
        for data in self.a.manifests[self.trusted.ring.sequence :]:
            self.trusted = self.trusted.manifest(data)
        doubt = [self.trusted.ring.doubtful(REAL, key, self.shelf.seen.size) for _, key in self.signers]
        fakes = [i for i, r in enumerate(self.shelf.records) if b"forged" in r]
        if fakes:
            assert any(fakes[0] in span for span in doubt), "what was believed wrongly is told"
            to = max((k.until[str(REAL)] for k in self.trusted.ring.keys("page", "real")
                      if k.state == "revoked" and k.until[str(REAL)].size <= fakes[0]), key=lambda p: p.size)  # fmt: skip
            self.shelf.seen = rewind(self.shelf.seen, to, self.shelf.nodes)
            self.shelf.nodes.cut(merkle.nodes_before(to.size))
            del self.shelf.records[to.size :]
            self.signers = [(first, key) for first, key in self.signers if first < to.size]

    def sync(self):
        self.fetch_keys()
        if self.n:
            self.take(self.a.page(REAL, self.shelf.seen.size, self.shelf.seen.size + self.rng.randint(1, 30)),
                      asked=self.shelf.seen.size)  # fmt: skip
            note = receipt.acknowledge(self.shelf.seen, self.b.keys, now_ms=NOW_MS)
            self.good = self.a.trusts(self.b).receipt(note, self.n, self.a.log(REAL).nodes).position
        self.attack()

    def carry(self):
        """A page cut long ago arrives."""
        if self.late:
            try:
                self.take(self.late.pop(self.rng.randrange(len(self.late))))
            except (InputError, TrustError, UnavailableError):
                self.refused += 1

    def run(self):
        for _ in range(self.rng.randint(10, 30)):
            self.rng.choice([self.grow, self.grow, self.rotate, self.sync, self.carry, self.fetch_keys])()
        self.grow()
        self.sync()
        while self.shelf.seen.size < self.n:
            self.sync()
        self.attack()
        assert self.shelf.records == self.a.log(REAL).records
        assert self.shelf.seen.frontier == self.a.log(REAL).box.frontier
        return self
