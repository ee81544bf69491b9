"""Commands about partners: who this node is, introducing it, whom it knows and what they may be told at most."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kizuna.node.cli.choices import Level
from kizuna.node.cli.persons import Hands, Officer, Second, Secret, Secrets, officer, officers
from kizuna.node.cli.share_open import AsJson, Home, Party

partner_app = typer.Typer(help="Partners of a node: introduce, list, bound, pause, revoke.", no_args_is_help=True)
community_app = typer.Typer(help="Communities: lists of members, signed by their stewards.", no_args_is_help=True)
keys_app = typer.Typer(help="This node's keys: show, rotate and retire as planned, revoke what was stolen.",
                       no_args_is_help=True)  # fmt: skip

_MANY = "May be repeated; one empty word takes all away."
Why = Annotated[str, typer.Option("--why", help="The reason, for the record.")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Name of the file to hand over.")]
Phrase = Annotated[
    Path | None, typer.Option("--passphrase-file", help="File with the passphrase of the root key; asked for without.")
]
Me = Annotated[str, typer.Option("--party", help="Id of this node's party, where it has no keys yet.")]
Title = Annotated[str, typer.Option("--title", help="Its name for people.")]
Unit = Annotated[str, typer.Option("--unit", help="Unit that runs this node.")]
Listen = Annotated[str, typer.Option("--listen", help="Where partners are answered, HOST:PORT; none: only dial.")]
Address = Annotated[
    list[str] | None, typer.Option("--address", help="Where partners reach this node, https://HOST:PORT. Repeatable.")
]
Community = Annotated[str, typer.Argument(metavar="COMMUNITY", help="Its id, c:NAME.")]
Members = Annotated[list[str] | None, typer.Option("--member", help="A member beside this node. Repeatable.")]
Parties = Annotated[list[str], typer.Argument(metavar="PARTY...", help="Ids of parties.")]
RootKey = Annotated[Path | None, typer.Option("--root-key", help="The root key, where it is not in the directory.")]
Code = Annotated[str, typer.Option("--code", help="What the other side read aloud; asked for without it.")]


@partner_app.command("init")
def init(
    home: Home, party: Annotated[str, typer.Option("--party", help="Id of this node's party: a-z, 0-9, dash.")],
    title: Title = "", unit: Unit = "", listen: Listen = "", address: Address = None, passphrase_file: Phrase = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Make this node's keys for sharing and write its settings. The root key belongs on a stick in a safe."""
    from kizuna.node.cli import partner_run  # noqa: PLC0415

    wanted = partner_run.Wanted(party, title, unit, listen, tuple(address or ()), passphrase_file)
    partner_run.init(home, wanted, as_json=as_json)


@partner_app.command("introduce")
def introduce(
    home: Home, out: Out = None, party: Me = "", title: Title = "", unit: Unit = "", listen: Listen = "",
    address: Address = None, passphrase_file: Phrase = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """First step of an introduction: write a file for the other side. Makes the keys first where there are none."""
    from kizuna.node.cli import partner_run  # noqa: PLC0415

    wanted = partner_run.Wanted(party, title, unit, listen, tuple(address or ()), passphrase_file)
    partner_run.introduce(home, wanted, out, as_json=as_json)


@partner_app.command("accept")
def accept(
    home: Home, file: Annotated[Path, typer.Argument(metavar="FILE", help="What the other side handed over.")],
    out: Out = None, party: Me = "", title: Title = "", unit: Unit = "", listen: Listen = "", address: Address = None,
    passphrase_file: Phrase = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Second step, the other side: read its file, write one to hand back. Makes the keys first where there are none."""
    from kizuna.node.cli import partner_run  # noqa: PLC0415

    wanted = partner_run.Wanted(party, title, unit, listen, tuple(address or ()), passphrase_file)
    partner_run.accept(home, file, wanted, out, as_json=as_json)


@partner_app.command("open")
def open_up(
    home: Home, file: Annotated[Path, typer.Argument(metavar="FILE", help="What the other side handed back.")],
    out: Out = None, code: Code = "", later: Annotated[bool, typer.Option("--later", help="Confirm later.")] = False,
    by: Annotated[str, typer.Option("--by", help="Officer who confirms; asked to log in. Not with --later.")] = "",
    password_file: Secret = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Third step: write the last file, show the code to read aloud, and take the code that the other side reads."""
    from kizuna.node.cli import output, partner_run  # noqa: PLC0415

    if not (by or later):
        output.fail("who confirms says so with --by; or --later", output.USAGE)
    name = "" if later else officer(home, by, password_file)
    partner_run.open_up(home, file, out, code, name, as_json=as_json)


@partner_app.command("confirm")
def confirm(
    home: Home, party: Party, by: Officer,
    file: Annotated[Path | None, typer.Option("--file", help="The third file, for the side that accepted.")] = None,
    code: Code = "", password_file: Secret = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Last step: type the code that the other side reads aloud. The partner is known from here on."""
    from kizuna.node.cli import partner_run  # noqa: PLC0415

    partner_run.confirm(home, party, file, code, officer(home, by, password_file), as_json=as_json)


@partner_app.command("list")
def list_(home: Home, as_json: AsJson = False) -> None:
    """Partners, what they may be told at most, and how it stands with each."""
    from kizuna.node.cli import partner_run  # noqa: PLC0415

    partner_run.list_(home, as_json=as_json)


@partner_app.command("set")
def set_(
    home: Home, party: Party, by: Officer, tlp_max: Level = "",
    caveat: Annotated[list[str] | None, typer.Option("--caveat", help=_MANY)] = None,
    community: Annotated[list[str] | None, typer.Option("--community", help=_MANY)] = None,
    purpose: Annotated[list[str] | None, typer.Option("--purpose", help=_MANY)] = None,
    second: Second = "", password_file: Secrets = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Change what a partner may be told at most: level, caveats, communities, purposes. To widen takes two persons."""
    from kizuna.node.cli import bounds_run  # noqa: PLC0415

    hands = Hands(by, second, tuple(password_file or ()))
    bounds_run.set_(home, party, bounds_run.Bounds(tlp_max, caveat, community, purpose), hands, as_json=as_json)


@partner_app.command("pause")
def pause(home: Home, party: Party, by: Officer, why: Why = "", password_file: Secrets = None) -> None:
    """Stop the exchange with a partner for now; nothing is forgotten."""
    from kizuna.node.cli import bounds_run  # noqa: PLC0415

    bounds_run.pause(home, party, why, Hands(by, "", tuple(password_file or ())))


@partner_app.command("resume")
def resume(
    home: Home, party: Party, by: Officer, password_file: Secrets = None,
    from_now: Annotated[
        bool, typer.Option("--from-now", help="Leave out what came due during the pause; without, it is made up for.")
    ] = False,
) -> None:  # fmt: skip
    """Take a paused exchange up again, with what came due meanwhile, as far as the rules in force let it go."""
    from kizuna.node.cli import bounds_run  # noqa: PLC0415

    bounds_run.resume(home, party, Hands(by, "", tuple(password_file or ())), make_up=not from_now)


@partner_app.command("end")
@partner_app.command("revoke", help="The same as `partner end`: it is a stranger from now on.")
def end(
    home: Home, party: Party, by: Officer, why: Why = "",
    yes: Annotated[str, typer.Option("--yes", metavar="PARTY", help="Its id again, instead of typing it.")] = "",
    recall: Annotated[bool, typer.Option("--recall", help="Also ask back what is ours of what it was told.")] = False,
    password_file: Secrets = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Show what ends, then end every tie to a partner for good: lanes, keys, grants, lists, agreements."""
    from kizuna.node.cli import bounds_run  # noqa: PLC0415

    bounds_run.end(home, party, why, yes, Hands(by, "", tuple(password_file or ())), recall=recall, as_json=as_json)


@partner_app.command("exposure")
def exposure(home: Home, party: Party, as_json: AsJson = False) -> None:
    """What a partner holds, through whom it may have more, to whom it may pass it on, and what would end now."""
    from kizuna.node.cli import bounds_run  # noqa: PLC0415

    bounds_run.exposure(home, party, as_json=as_json)


@partner_app.command("new-epoch")
def new_epoch(
    home: Home, by: Officer, passphrase_file: Phrase = None, password_file: Secret = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """After a restore: close the logs where they stood and begin anew, with the root key. The node must not run."""
    from kizuna.node.cli import partner_run  # noqa: PLC0415

    partner_run.new_epoch(home, passphrase_file, officer(home, by, password_file), as_json=as_json)


# ---- communities ---------------------------------------------------------------------------------------------------
@community_app.command("found")
def community_found(
    home: Home, community: Community, by: Officer, member: Members = None, title: Title = "",
    steward: Annotated[list[str] | None, typer.Option("--steward", help="May state later lists too.")] = None,
    second: Second = "", password_file: Secrets = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """State the first list of members, by two persons. This node becomes the founder in its own settings."""
    from kizuna.node.cli import trust_run  # noqa: PLC0415

    names = _officers(home, by, second, password_file, f"founding {community}")
    trust_run.found(home, trust_run.First(community, title, tuple(member or ()), tuple(steward or ())), names,
                    as_json=as_json)  # fmt: skip


@community_app.command("follow")
def community_follow(
    home: Home, community: Community,
    founder: Annotated[str, typer.Argument(metavar="PARTY", help="Its founder, as agreed when nodes were introduced.")],
    by: Officer, second: Second = "", password_file: Secrets = None,
) -> None:  # fmt: skip
    """Settle whose first list of a community counts here, by two persons."""
    from kizuna.node.cli import trust_run  # noqa: PLC0415

    names = _officers(home, by, second, password_file, f"following {community}")
    trust_run.follow(home, community, founder, names)


@community_app.command("list")
def community_list(home: Home, as_json: AsJson = False) -> None:
    """Communities, their members, and who of them is told something here."""
    from kizuna.node.cli import trust_run  # noqa: PLC0415

    trust_run.communities(home, as_json=as_json)


@community_app.command("add")
def community_add(
    home: Home, community: Community, party: Parties, by: Officer, second: Second = "", password_file: Secrets = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """State the next list, with these members as well; two persons do."""
    from kizuna.node.cli import trust_run  # noqa: PLC0415

    names = _officers(home, by, second, password_file, f"adding {', '.join(party)} to {community}")
    trust_run.change(home, community, tuple(party), (), names, as_json=as_json)


@community_app.command("remove")
def community_remove(
    home: Home, community: Community, party: Parties, by: Officer, password_file: Secrets = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """State the next list, without these members."""
    from kizuna.node.cli import trust_run  # noqa: PLC0415

    trust_run.change(home, community, (), tuple(party), _officers(home, by, "", password_file), as_json=as_json)


@community_app.command("leave")
def community_leave(home: Home, community: Community, by: Officer, password_file: Secrets = None) -> None:
    """Leave a community, at once and by this node's own word."""
    from kizuna.node.cli import trust_run  # noqa: PLC0415

    trust_run.leave(home, community, _officers(home, by, "", password_file))


def _officers(home: Path, by: str, second: str, secrets: list[Path] | None, widens: str = "") -> str:
    return officers(home, Hands(by, second, tuple(secrets or ())), widens=widens)


# ---- keys ----------------------------------------------------------------------------------------------------------
@keys_app.command("show")
def keys_show(home: Home, as_json: AsJson = False) -> None:
    """Keys that the manifests list, which of them sign, and how far each partner knows the manifests."""
    from kizuna.node.cli import trust_run  # noqa: PLC0415

    trust_run.keys(home, as_json=as_json)


@keys_app.command("rotate")
def keys_rotate(
    home: Home, by: Officer, root_key: RootKey = None, passphrase_file: Phrase = None, password_file: Secret = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Make new keys and publish them beside the old ones, which go on signing. The node must not run."""
    from kizuna.node.cli import trust_run  # noqa: PLC0415

    trust_run.rotate(home, root_key, passphrase_file, officer(home, by, password_file), as_json=as_json)


@keys_app.command("retire")
def keys_retire(
    home: Home, by: Officer, root_key: RootKey = None, passphrase_file: Phrase = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="Also where partners do not know the new keys yet.")] = False,
    password_file: Secret = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Let the new keys sign and end the old ones, once every partner knows the new. The node must not run."""
    from kizuna.node.cli import trust_run  # noqa: PLC0415

    name = officer(home, by, password_file)
    trust_run.retire(home, root_key, passphrase_file, name, anyway=anyway, as_json=as_json)


@keys_app.command("revoke")
def keys_revoke(
    home: Home, by: Officer,
    use: Annotated[list[str] | None, typer.Option("--use", help="page, node, box or tls; all without it.")] = None,
    root_key: RootKey = None, passphrase_file: Phrase = None, why: Why = "", password_file: Secret = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Keys were stolen: end them at what this node signed, put new ones in use and tell partners. It must not run."""
    from kizuna.node.cli import trust_run  # noqa: PLC0415

    name = officer(home, by, password_file)
    trust_run.revoke(home, tuple(use or ()), root_key, passphrase_file, why, name, as_json=as_json)


@keys_app.command("announce")
def keys_announce(home: Home, by: Officer, password_file: Secret = None, as_json: AsJson = False) -> None:
    """Bring the newest key manifests to every partner that can be reached; the node may run."""
    from kizuna.node.cli import trust_run  # noqa: PLC0415

    trust_run.announce(home, officer(home, by, password_file), as_json=as_json)


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the program."""
    partner_app.add_typer(community_app, name="community")
    partner_app.add_typer(keys_app, name="keys")
    app.add_typer(partner_app, name="partner")
