"""Commands about what partners are told: preview, files out and in, recall, correction, requests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kizuna.node.cli.choices import Records, choice, known_kinds, record_id
from kizuna.node.cli.persons import Secret, person
from kizuna.node.cli.share_open import AsJson, Home

release_app = typer.Typer(help="What partners are told.", no_args_is_help=True)

By = Annotated[str, typer.Option("--by", help="Who does it; asked to log in. Needed for everything but looking.")]
FORMS = ("geojson", "cot", "cise", "stix")
BROUGHT = ("cise", "cot")
VERDICTS = ("given", "partly", "refused", "nothing_held", "later")


@release_app.command("preview")
def preview(
    home: Home,
    as_: Annotated[str, typer.Option("--as", help="Partner or community.")],
    rows: Annotated[int, typer.Option("--rows", min=0, max=40, help="So many rows that change, with the reason.")] = 10,
    rules: Annotated[Path | None, typer.Option("--rules", help="Rules to try; those in force without.")] = None,
    days: Annotated[float, typer.Option("--days", min=0.01, max=14, help="Over the last so many days.")] = 1.0,
    as_json: AsJson = False,
) -> None:
    """What a partner would be told, by the function that releases, and what it has been told."""
    from kizuna.node.cli import desk_run  # noqa: PLC0415

    desk_run.preview(home, as_, rules, days, rows, as_json=as_json)


@release_app.command("export")
def export(
    home: Home,
    as_: Annotated[str, typer.Option("--as", help="Partner whose view is written.")],
    form: Annotated[str, choice("--format", "What is written", FORMS)] = "geojson",
    start: Annotated[str, typer.Option("--from", help="Observed from here on (ISO 8601); a day without.")] = "",
    end: Annotated[
        str, typer.Option("--to", help="Observed before this; without, a day after --from, or now without both.")
    ] = "",
    kinds: Annotated[
        list[str] | None, typer.Option("--kind", help="Beginning of a kind: event. May be repeated; all without.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="File to write; stdout without.")] = None,
    key: Annotated[Path | None, typer.Option("--key", help="Private key (PEM) that signs CISE; the node's.")] = None,
    certificate: Annotated[Path | None, typer.Option("--certificate", help="Its certificate (PEM).")] = None,
    by: By = "",
    password_file: Secret = None,
    as_json: AsJson = False,
) -> None:
    """Write what a partner was told, of the very bytes in its logs, as a file for its programs; it is audited."""
    from kizuna.node.cli import exchange_run  # noqa: PLC0415

    by = person(home, by, password_file, "release.export")
    wanted = exchange_run.Wanted(start, end, tuple(kinds or ()))
    exchange_run.export(home, as_, form, wanted, out, (key, certificate), by, as_json=as_json)


@release_app.command("import")
def bring(
    home: Home,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CISE message, ZIP of them, or CoT events.")],
    origin: Annotated[str, typer.Option("--of", help="Party under which its sender stands here.")],
    form: Annotated[str, choice("--format", "What it holds", BROUGHT)] = "cise",
    certificate: Annotated[
        Path | None, typer.Option("--certificate", help="CISE: certificate (PEM) agreed with the sender.")
    ] = None,
    sender: Annotated[str, typer.Option("--sender", help="CISE: service id of the sender.")] = "",
    recipient: Annotated[str, typer.Option("--recipient", help="CISE: service id that it writes to.")] = "",
    by: By = "",
    password_file: Secret = None,
    as_json: AsJson = False,
) -> None:
    """Put what others sent into quarantine; nothing of it is used before a person lets it in. Exit code 3: not all."""
    from kizuna.node.cli import exchange_run  # noqa: PLC0415

    by = person(home, by, password_file, "release.act")
    exchange_run.bring(home, file, form, origin, certificate, (sender, recipient), by, as_json=as_json)


def recall(
    home: Home,
    record: Records = None,
    subject: Annotated[str, typer.Option("--subject", help="All that was told about it: mmsi:431000001.")] = "",
    action: Annotated[str, typer.Option("--action", help="hide, delete or annotate.")] = "hide",
    reason: Annotated[str, typer.Option("--reason", help="error, sensitive, personal, legal, security, expired.")] = "",
    text: Annotated[str, typer.Option("--text", help="Words for everybody who has it.")] = "",
    refuse: Annotated[
        str, typer.Option("--refuse", metavar="ID", help="Refuse this recall of another party; --text says why.")
    ] = "",
    by: By = "",
    password_file: Secret = None,
    as_json: AsJson = False,
) -> None:
    """Ask everybody who has these records to hide, delete or annotate them; alone: show recalls, hop by hop."""
    from kizuna.node.cli import desk_run, output  # noqa: PLC0415

    if refuse:
        if record or subject or not text:
            output.fail("a refusal names one recall, and says why with --text", output.USAGE)
        by = person(home, by, password_file, "release.act")
        desk_run.refuse_recall(home, refuse, text, by, as_json=as_json)
        return
    if record or subject:
        if not reason or bool(record) == bool(subject):
            output.fail("a recall names records or a subject, and a --reason", output.USAGE)
        by = person(home, by, password_file, "release.act")
    desk_run.recall(home, list(record or ()), subject, action, reason, text, by, as_json=as_json)


def correct(
    home: Home,
    records: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RECORD]...", help="Ids of records that were told, 64 hex digits.", parser=record_id),
    ] = None,
    text: Annotated[str, typer.Option("--text", help="What was wrong, for everybody who was told them.")] = "",
    field: Annotated[
        list[str] | None, typer.Option("--field", help="Field that was wrong: subject. May be repeated.")
    ] = None,
    instead: Annotated[str, typer.Option("--instead", metavar="ID", help="Record that counts instead.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say who would be told.")] = False,
    by: By = "",
    password_file: Secret = None,
    as_json: AsJson = False,
) -> None:
    """Tell everybody who was told these records what was wrong with them; alone: show corrections, party by party."""
    from kizuna.node.cli import desk_run, output  # noqa: PLC0415

    if bool(records) != bool(text):
        output.fail("a correction names records, and says with --text what was wrong", output.USAGE)
    if records:
        by = person(home, by, password_file, "release.act")
    desk_run.correct(home, list(records or ()), text, tuple(field or ()), instead, by, dry_run=dry_run,
                     as_json=as_json)  # fmt: skip


def request(
    home: Home,
    to: Annotated[str, typer.Option("--to", help="Partner to ask; without one requests are listed.")] = "",
    text: Annotated[str, typer.Option("--text", help="What is asked.")] = "",
    kind: Annotated[list[str] | None, typer.Option("--kind", help="Kind of records. May be repeated.")] = None,
    subject: Annotated[list[str] | None, typer.Option("--subject", help="About whom. May be repeated.")] = None,
    clause: Annotated[str, typer.Option("--clause", help="Clause that it rests on.")] = "",
    distress: Annotated[bool, typer.Option("--distress", help="Somebody is in distress.")] = False,
    answer: Annotated[str, typer.Option("--answer", help="Answer this request instead (its id).")] = "",
    verdict: Annotated[str, choice("--verdict", "Answer", VERDICTS)] = "given",
    record: Records = None,
    withdraw: Annotated[str, typer.Option("--withdraw", help="Take this own request back (its id).")] = "",
    by: By = "",
    password_file: Secret = None,
    as_json: AsJson = False,
) -> None:
    """Ask a partner for information, answer a request, or list the requests of both sides."""
    from kizuna.node.cli import desk_run  # noqa: PLC0415

    if answer:
        by = person(home, by, password_file, "release.act")
        desk_run.answer(home, answer, verdict, list(record or ()), text, by, as_json=as_json)
        return
    if withdraw or to:
        known_kinds(kind or ())
        by = person(home, by, password_file, "release.who")
    if withdraw:
        desk_run.take_back(home, withdraw, text, by, as_json=as_json)
        return
    desk_run.request(home, to, text, list(kind or ()), list(subject or ()), clause, by, distress=distress,
                     as_json=as_json)  # fmt: skip


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the program."""
    app.add_typer(release_app, name="release")
    app.command("recall")(recall)
    app.command("correct")(correct)
    app.command("request")(request)
