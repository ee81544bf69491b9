"""What the commands about partners do."""

from __future__ import annotations

import datetime as dt
import os
import re
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from kizuna.node.cli import output
from kizuna.node.cli.bounds_run import row_of
from kizuna.node.cli.persons import audited, secret
from kizuna.node.cli.share_open import ask_line, opened


class Wanted(NamedTuple):
    """What this node shall be for partners."""

    party: str = ""
    title: str = ""
    unit: str = ""
    listen: str = ""
    addresses: tuple[str, ...] = ()
    passphrase_file: Path | None = None


# ---- ourselves -----------------------------------------------------------------------------------------------------
def init(home: Path, wanted: Wanted, *, as_json: bool) -> None:
    """Keys and settings."""
    with output.plain_errors():
        root = _made(home, wanted)
        if as_json:
            output.emit({"party": wanted.party, "root_key": str(root), "home": str(home)})
        else:
            sys.stdout.write(f"{wanted.party} has its keys. Root key: {root}\n"
                             "Take it off this machine, keep a second copy, and write its passphrase down elsewhere.\n"
                             "Start the node again for the settings to hold.\n")  # fmt: skip


def _made(home: Path, wanted: Wanted) -> Path:
    """Settings first, then keys: what was interrupted is done again by the same command."""
    from kizuna.base.errors import ConfigError  # noqa: PLC0415
    from kizuna.node.service.node_file import read_node_file, with_section  # noqa: PLC0415
    from kizuna.node.share.files import Places, put  # noqa: PLC0415
    from kizuna.node.share.identity import init  # noqa: PLC0415

    path = home / "node.toml"
    config = read_node_file(path)
    if Places(home).manifest(1).exists():
        raise ConfigError("this node has its keys already", where=str(home), hint="kizuna partner introduce")
    host, port = _listen(wanted.listen)
    given: dict[str, Any] = {"party": wanted.party, "title": wanted.title, "unit": wanted.unit, "host": host,
                             "port": port, "addresses": list(wanted.addresses)}  # fmt: skip
    text = with_section(path.read_text(encoding="utf-8"), "sharing", {k: v for k, v in given.items() if v}, path)
    phrase = secret("Passphrase for the root key", wanted.passphrase_file, again=True)
    put(path, text.encode())
    hosts = [re.sub(r"^https://|:[0-9]+$", "", a) for a in wanted.addresses] or [host or "127.0.0.1"]
    return init(Places(home), wanted.party, config.node.context, passphrase=phrase, random=os.urandom, hosts=hosts,
                now=dt.datetime.now(dt.UTC))  # fmt: skip


def _listen(words: str) -> tuple[str, int]:
    from kizuna.base.errors import ConfigError  # noqa: PLC0415

    if not words:
        return "", 0
    host, _, port = words.rpartition(":")
    if not host or not port.isdecimal():
        raise ConfigError(f"{words!r}", where="--listen", hint="HOST:PORT")
    return host.strip("[]"), int(port)


def _have_keys(home: Path, wanted: Wanted) -> None:
    """Make the keys where this is the first thing that the node does with a partner."""
    from kizuna.node.share.files import Places  # noqa: PLC0415

    if wanted.party and not Places(home).manifest(1).exists():
        root = _made(home, wanted)
        output.say(f"{wanted.party} has its keys. Root key: {root}; take it off this machine.")


# ---- introduction --------------------------------------------------------------------------------------------------
def introduce(home: Path, wanted: Wanted, out: Path | None, *, as_json: bool) -> None:
    """First step."""
    with output.plain_errors():
        from kizuna.node.share import introduction  # noqa: PLC0415

        _have_keys(home, wanted)
        with opened(home) as sharing:
            path = _free(out or Path(f"{sharing.party}.intro.json"))
            data = introduction.begin(sharing.places, sharing.identity, sharing.config.sharing.addresses, os.urandom)
            _written(path, data)
        words = f"Hand {path} to the other side, by any way. They run: kizuna partner accept NODE {path.name}"
        _tell({"file": str(path)}, words, as_json=as_json)


def accept(home: Path, file: Path, wanted: Wanted, out: Path | None, *, as_json: bool) -> None:
    """Second step."""
    with output.plain_errors():
        from kizuna.node.share import introduction  # noqa: PLC0415

        _have_keys(home, wanted)
        with opened(home) as sharing:
            addresses, first = sharing.config.sharing.addresses, _read(file)
            held = introduction.answered(sharing.places, first)
            path = _free(out or Path(f"{sharing.party}.intro.json"), held[1] if held else None)
            party, data = introduction.accept(sharing.places, sharing.identity, addresses, first, os.urandom)
            _written(path, data)
        words = (
            f"{party} asks. Hand {path} back. Then: kizuna partner confirm {home} {party} --file "
            "THEIR-OPEN-FILE --by OFFICER"
        )
        _tell({"party": party, "file": str(path)}, words, as_json=as_json)


def open_up(home: Path, file: Path, out: Path | None, code: str, by: str, *, as_json: bool) -> None:
    """Third step, and the last one too where somebody confirms now: ``by``."""
    with output.plain_errors():
        from kizuna.node.share import introduction  # noqa: PLC0415

        with opened(home) as sharing:
            path = _free(out or Path(f"{sharing.party}.open.json"))
            made = introduction.open_up(sharing.places, _read(file))
            _written(path, made.file)
        words = f"Hand {path} to {made.party}. Call them, over a voice that you know. Read to them:\n  {made.code}"
        _tell({"party": made.party, "file": str(path), "code": made.code}, words, as_json=as_json and not by)
        if by:
            _confirmed(home, made.party, code, by, as_json=as_json)


def confirm(home: Path, party: str, file: Path | None, code: str, by: str, *, as_json: bool) -> None:
    """Last step."""
    with output.plain_errors():
        if file is not None:
            from kizuna.node.share import introduction  # noqa: PLC0415

            with opened(home) as sharing:
                mine = introduction.see(sharing.places, party, _read(file))
            output.say(f"Read to {party}, over a voice that you know:")
            (sys.stderr if as_json else sys.stdout).write(f"  {mine}\n")
            (sys.stderr if as_json else sys.stdout).flush()
        _confirmed(home, party, code, by, as_json=as_json)


def _confirmed(home: Path, party: str, code: str, by: str, *, as_json: bool) -> None:
    from kizuna.base.errors import TrustError  # noqa: PLC0415
    from kizuna.node.share import introduction  # noqa: PLC0415

    typed = code or ask_line("Type what they read to you: ")
    with opened(home) as sharing:
        try:
            known = introduction.confirm(sharing.places, sharing.partners, party, typed, at_ms=_now_ms(), by=by,
                                         mine=sharing.addresses)  # fmt: skip
        except TrustError as exc:
            audited(home, by, "partner.refused", party)
            again = party in introduction.waiting(sharing.places)
            anew = "Begin the introduction anew, and ask how the files were carried."
            output.fail(
                f"{exc}. {f'Again: kizuna partner confirm {home} {party} --by {by}' if again else anew}", output.REFUSED
            )
    audited(home, by, "partner.confirm", party)
    _tell(row_of(known), f"{party} ({known.title}) is known here, told at most {known.tlp_max} and what rules release.",
          as_json=as_json)  # fmt: skip


# ---- partners ------------------------------------------------------------------------------------------------------
def list_(home: Path, *, as_json: bool) -> None:
    """All of them."""
    with output.plain_errors():
        from kizuna.node.cli.sync_run import lines  # noqa: PLC0415

        with opened(home) as sharing:
            rows, party, context = lines(home, sharing)[0], sharing.party, sharing.context
        if as_json:
            output.emit({"party": party, "context": context, "partners": rows})
            return
        output.mark(context)
        for row in rows:
            bounds = ", ".join([row["tlp_max"], *row["caveats"], *row["communities"], *row["purposes"]])
            sys.stdout.write(f"{row['id']:<20} {row['state']:<8} line {row['link']['state']:<7} at most {bounds:<20} "
                             f"told {row['told']:,}, received {row['received']:,}  {row['title']}  "
                             f"{row['why']}\n")  # fmt: skip
        if not rows:
            sys.stdout.write(f"{party} knows nobody yet: kizuna partner introduce {home}\n")


def new_epoch(home: Path, passphrase_file: Path | None, by: str, *, as_json: bool) -> None:
    """A new epoch after a restore."""
    with output.plain_errors():
        from kizuna.base.errors import ConfigError  # noqa: PLC0415
        from kizuna.node.service.status import read_status  # noqa: PLC0415
        from kizuna.node.share.epoch import begin  # noqa: PLC0415

        if read_status(home)["state"] == "running":
            raise ConfigError("the node runs", where=str(home), hint="stop it first")
        with opened(home) as sharing:
            made = begin(sharing, secret("Passphrase of the root key", passphrase_file))
        audited(home, by, "partner.new-epoch", str(made.epoch))
        closed = {name: p.size for name, p in made.closed.items()}
        _tell({"epoch": made.epoch, "closed": closed},
              f"epoch {made.epoch} begins; {len(closed)} logs of earlier ones are closed", as_json=as_json)  # fmt: skip


# ---- small things --------------------------------------------------------------------------------------------------
def _tell(row: dict[str, Any], words: str, *, as_json: bool) -> None:
    if as_json:
        output.emit(row)
    else:
        sys.stdout.write(words + "\n")
        sys.stdout.flush()


def _free(path: Path, same: bytes | None = None) -> Path:
    """A name that nothing stands under but, perhaps, the same bytes: what was handed over is not written over."""
    from kizuna.base.errors import ConfigError  # noqa: PLC0415

    if path.exists() and (same is None or path.read_bytes() != same):
        raise ConfigError("is there already, and may have been handed over", where=str(path),
                          hint="--out names another file; or remove it, where nobody has it")  # fmt: skip
    return path


def _written(path: Path, data: bytes) -> None:
    from kizuna.node.share.files import put  # noqa: PLC0415

    put(path, data)


def _read(path: Path) -> bytes:
    from kizuna.base.errors import ConfigError  # noqa: PLC0415
    from kizuna.share.introduce import INTRO_MAX_BYTES  # noqa: PLC0415

    try:
        with path.open("rb") as file:
            return file.read(INTRO_MAX_BYTES + 1)
    except OSError as exc:
        raise ConfigError(f"cannot be read: {exc.strerror}", where=str(path)) from exc


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
