"""What the commands about communities and about this node's own keys do."""

from __future__ import annotations

import datetime as dt
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from kizuna.node.cli import output
from kizuna.node.cli.persons import audited, secret
from kizuna.node.cli.share_open import opened

if TYPE_CHECKING:
    from kizuna.node.share.sharing import Sharing
    from kizuna.records.partner import Community


class First(NamedTuple):
    """A community to be founded."""

    community: str
    title: str
    members: tuple[str, ...]
    stewards: tuple[str, ...]


# ---- communities ---------------------------------------------------------------------------------------------------
def found(home: Path, first: First, by: str, *, as_json: bool) -> None:
    """The first list."""
    with output.plain_errors():
        with opened(home) as sharing:
            party = sharing.party
        _settle(home, first.community, party)
        with opened(home) as sharing:
            made = sharing.membership.found(first.community, first.members, now_ms=_now_ms(), title=first.title,
                                            stewards=first.stewards)  # fmt: skip
            _told(sharing, made, as_json=as_json)
        audited(home, by, "community.found", first.community)


def follow(home: Path, community: str, founder: str, by: str) -> None:
    """Whose first list counts."""
    with output.plain_errors():
        _settle(home, community, founder)
        audited(home, by, "community.follow", f"{community} = {founder}")
        sys.stdout.write(f"the first list of {community} is that of {founder}\n"
                         "Start the node again for the settings to hold.\n")  # fmt: skip


def _settle(home: Path, community: str, founder: str) -> None:
    """Write the founder into the settings. Raises ConfigError where another one stands there."""
    from kizuna.base.errors import ConfigError  # noqa: PLC0415
    from kizuna.node.service.node_file import read_node_file, with_section  # noqa: PLC0415
    from kizuna.node.share.files import put  # noqa: PLC0415

    path = home / "node.toml"
    settings = read_node_file(path).sharing
    held = settings.founder_of().get(community)
    if held == founder:
        return
    if held is not None:
        raise ConfigError(f"the founder of {community} is {held}", where=f"{path} [sharing] founders",
                          hint="change it there, if that was a mistake")  # fmt: skip
    rows = [*settings.founders, f"{community} = {founder}"]
    put(path, with_section(path.read_text(encoding="utf-8"), "sharing", {"founders": rows}, path).encode())


def communities(home: Path, *, as_json: bool) -> None:
    """All of them."""
    with output.plain_errors():
        with opened(home) as sharing:
            who = sharing.who()
            rows = [{**row, "told": sorted(who.members(row["id"]))} for row in sharing.membership.rows()]
            wrong = sharing.membership.refused()
        if as_json:
            output.emit({"communities": rows, "not_counted": wrong})
            return
        for row in rows:
            sys.stdout.write(f"{row['id']:<24} list {row['version']:>3}  of {row['founder'] or '?'}  members "
                             f"{', '.join(row['members']) or 'nobody'}; told here: {', '.join(row['told']) or 'nobody'}"
                             f"{'  DISPUTED' if row['disputed'] else ''}  {row['title']}\n")  # fmt: skip
        for name, why in wrong.items():
            sys.stdout.write(f"not counted: list {name[:16]}: {why}\n")
        if not rows:
            sys.stdout.write("no community is known here: kizuna partner community found, or follow\n")


def change(
    home: Path, community: str, add: tuple[str, ...], remove: tuple[str, ...], by: str, *, as_json: bool
) -> None:  # fmt: skip
    """The next list."""
    with output.plain_errors():
        with opened(home) as sharing:
            made = sharing.membership.change(community, add=add, remove=remove, now_ms=_now_ms())
            _told(sharing, made, as_json=as_json)
        words = " ".join([*(f"+{p}" for p in add), *(f"-{p}" for p in remove)])
        audited(home, by, "community.change", f"{community} {words}")


def leave(home: Path, community: str, by: str) -> None:
    """This node leaves."""
    with output.plain_errors():
        with opened(home) as sharing:
            sharing.membership.leave(community, now_ms=_now_ms())
            party = sharing.party
        audited(home, by, "community.leave", community)
        sys.stdout.write(f"{party} has left {community}\n")


def _told(sharing: Sharing, made: Community, *, as_json: bool) -> None:
    """The list as it is now, and which members are not told anything in it here."""
    served = sharing.who().members(made.id)
    silent = sorted(made.members - served - {sharing.party})
    if as_json:
        output.emit({"id": made.id, "version": made.version, "members": sorted(made.members), "not_served": silent})
        return
    sys.stdout.write(f"{made.id}, list {made.version}: {', '.join(sorted(made.members))}\n"
                     "The running node brings it to its members.\n")  # fmt: skip
    for party in silent:
        sys.stdout.write(f"{party} is told nothing in it yet: kizuna partner set DIR {party} --community {made.id}\n")


# ---- keys ----------------------------------------------------------------------------------------------------------
def keys(home: Path, *, as_json: bool) -> None:
    """What the manifests say."""
    with output.plain_errors():
        from kizuna.node.share.trust import rotation  # noqa: PLC0415

        with opened(home) as sharing:
            rows, ring = rotation.listed(sharing), sharing.identity.ring
            known = rotation.known_to(sharing)
        if as_json:
            output.emit({"manifest": ring.sequence, "keys": rows, "partners": known})
            return
        sys.stdout.write(f"manifest {ring.sequence}\n")
        for row in rows:
            sys.stdout.write(f"{row['use']:<5} {row['context']:<9} {row['state']:<8} {row['now']:<8} {row['public']}\n")
        for party, number in known.items():
            sys.stdout.write(f"{party} is known to have manifest {number}\n")


def rotate(home: Path, root: Path | None, passphrase_file: Path | None, by: str, *, as_json: bool) -> None:
    """New keys beside the old ones."""
    with output.plain_errors():
        from kizuna.node.share.trust import rotation  # noqa: PLC0415

        _must_rest(home)
        with opened(home) as sharing:
            made = rotation.begin(sharing, rotation.Root(root, secret("Passphrase of the root key", passphrase_file)),
                                  os.urandom, dt.datetime.now(dt.UTC))  # fmt: skip
        audited(home, by, "keys.rotate", str(made.sequence))
        _say({"manifest": made.sequence}, f"manifest {made.sequence} lists the new keys; the old ones go on signing.\n"
             "Start the node. When `kizuna partner keys show` says that all partners have it: kizuna partner keys "
             "retire", as_json=as_json)  # fmt: skip


def retire(
    home: Path, root: Path | None, passphrase_file: Path | None, by: str, *, anyway: bool, as_json: bool
) -> None:  # fmt: skip
    """The new keys sign, the old ones end."""
    with output.plain_errors():
        from kizuna.node.share.trust import rotation  # noqa: PLC0415

        _must_rest(home)
        with opened(home) as sharing:
            made = rotation.finish(sharing, rotation.Root(root, secret("Passphrase of the root key", passphrase_file)),
                                   anyway=anyway)  # fmt: skip
        audited(home, by, "keys.retire", str(made.sequence))
        words = f"manifest {made.sequence} ends the old keys. From its next start the node signs with the new ones."
        _say({"manifest": made.sequence}, words, as_json=as_json)


def revoke(
    home: Path, uses: tuple[str, ...], root: Path | None, passphrase_file: Path | None, why: str, by: str, *,
    as_json: bool,
) -> None:  # fmt: skip
    """Stolen keys end, new ones are in use, partners are told."""
    with output.plain_errors():
        from kizuna.node.share.trust import revocation, rotation  # noqa: PLC0415

        _must_rest(home)
        with opened(home) as sharing:
            key = rotation.Root(root, secret("Passphrase of the root key", passphrase_file))
            made = revocation.revoke(sharing, key, uses or revocation.ALL, os.urandom, dt.datetime.now(dt.UTC))
        about = f"{', '.join(uses or revocation.ALL)}, manifest {made.sequence}, epoch {made.epoch}: {why}"
        audited(home, by, "keys.revoke", about)
        told = _announced(home, by)
        first = f"manifest {made.sequence} revokes the keys; new ones are in use, epoch {made.epoch}."
        words = [first, *_told_words(told), "Start the node. Call every partner: docs/how-to/a-key-was-stolen.md"]
        _say({"manifest": made.sequence, "epoch": made.epoch, "partners": told}, "\n".join(words), as_json=as_json)


def announce(home: Path, by: str, *, as_json: bool) -> None:
    """The newest manifests go to partners."""
    with output.plain_errors():
        told = _announced(home, by)
        _say({"partners": told}, "\n".join(_told_words(told)) or "no active partner", as_json=as_json)


def _announced(home: Path, by: str) -> dict[str, Any]:
    """By partner, the number of our manifests that it holds now, or why it does not answer."""
    from kizuna.base.errors import KizunaError  # noqa: PLC0415
    from kizuna.node.share.trust import revocation  # noqa: PLC0415

    out: dict[str, Any] = {}
    with opened(home) as sharing:
        for partner in revocation.others(sharing):
            try:
                out[partner] = revocation.announce(sharing, partner)
            except KizunaError as exc:
                out[partner] = str(exc)
    for partner, said in out.items():
        audited(home, by, "keys.announce", f"{partner}: {said}")
    return out


def _told_words(told: dict[str, Any]) -> list[str]:
    return [f"{party} has manifest {said}" if isinstance(said, int) else f"{party} NOT TOLD: {said}"
            for party, said in told.items()]  # fmt: skip


def _must_rest(home: Path) -> None:
    from kizuna.base.errors import ConfigError  # noqa: PLC0415
    from kizuna.node.service.status import read_status  # noqa: PLC0415

    if read_status(home)["state"] == "running":
        raise ConfigError("the node runs", where=str(home), hint="stop it first")


def _say(row: dict[str, Any], words: str, *, as_json: bool) -> None:
    if as_json:
        output.emit(row)
    else:
        sys.stdout.write(words + "\n")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
