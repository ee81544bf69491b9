"""Checkpoints: a log's name, size and root in a signed note, C2SP ``tlog-checkpoint`` v1.0.0.

    harbour/1/cape/real/routine          origin: the log's name
    200                                  size
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

Ours have no extension lines; those of others are kept and mean nothing. The log's key bears the log's name. Its time is
stated by a cosignature of the same party's node key, and a receipt by one of the receiver's.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Final

from kizuna.base.errors import InputError
from kizuna.share.ledger.merkle import EMPTY_ROOT, HASH_BYTES, SIZE_MAX
from kizuna.share.ledger.note import Note, read_base64, read_note

_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,15}")
_LINES: Final = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: which log, how many records, which root. It is believed only as far as signatures were checked."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """The note text that is signed."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def read_checkpoint(data: bytes) -> tuple[Checkpoint, Note]:
    """Read a signed checkpoint; InputError when malformed. Signatures are not checked here."""
    note = read_note(data)
    return parse_text(note.text), note


def parse_text(text: str) -> Checkpoint:
    """Read the note text of a checkpoint (tlog-checkpoint, Note text)."""
    lines = text.split("\n")[:-1]
    if len(lines) < _LINES or not all(lines) or not _SIZE.fullmatch(lines[1]):
        raise InputError("not a checkpoint", hint="origin, size and root, a line each")
    size = int(lines[1])
    root = read_base64(lines[2], length=HASH_BYTES)
    if size > SIZE_MAX:
        raise InputError(f"a checkpoint of {size} records", hint=f"at most {SIZE_MAX}")
    if size == 0 and root != EMPTY_ROOT:
        raise InputError("an empty log with a root of its own")
    return Checkpoint(lines[0], size, root, tuple(lines[3:]))
