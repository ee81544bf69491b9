"""What the commands of the desk of sharing do: through the node's own files, safe beside a running node.

What is written here stands in the journal of the desk; a running node passes it on within two seconds, another at its
next start. Whether it may leave is decided here already, by the rules in force: a refusal names the rule, exit code 4.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from kizuna.base.languages import PAGES
from kizuna.base.screen import in_one_line
from kizuna.node.cli import output
from kizuna.node.cli.persons import account
from kizuna.node.cli.share_open import contents, contents_as_text, opened, when

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office
    from kizuna.node.share.sharing import Sharing as SharingOfNode

_WAIT_S: Final = 5.0


@contextmanager
def desk(home: Path, *, zones: bool = False) -> Iterator[Office]:
    """The desk of a node's directory, for writing into its journal; nothing is signed from here."""
    from kizuna.node.share.desk.office import Office  # noqa: PLC0415
    from kizuna.node.share.desk.refusal import Refusal  # noqa: PLC0415

    with output.plain_errors(), opened(home, zones=zones) as sharing:
        office = Office(sharing, sends=False, person_of=lambda name: account(home, name))
        office.read()
        try:
            yield office
        except Refusal as exc:
            output.fail(f"refused by {exc.rule}: {exc.why}" + (f" ({exc.hint})" if exc.hint else ""), output.REFUSED)
        finally:
            office.close()


def tell(value: Any, words: str, *, as_json: bool) -> None:
    """A result for a program or a person."""
    if as_json:
        output.emit(value)
    else:
        sys.stdout.write(words.rstrip("\n") + "\n")


# ---- rules and records -----------------------------------------------------------------------------------------------
def preview(home: Path, party: str, file: Path | None, days: float, most: int, *, as_json: bool) -> None:
    """What a partner would be told of the last days under rules (those in force without a file), and what it has."""
    from kizuna.node.share.views import reading, told  # noqa: PLC0415

    with desk(home, zones=True) as office:
        reading.audiences_of(office, party)
        active = office.rulebook.active()
        text = contents_as_text(file) if file else active.source.decode() if active else ""
        found = rehearsed(office, text, days, party)
        has = told.as_partner(office, party, told.Look(0, office.now_ms() + 86_400_000, most=0))
        result = {**found, "partner": party, "has": has["logs"], "recalled": has["recalled"]}
        lines = [covered(found)] if found["short"] else []
        lines += [f"{r['id']:<20} would be told {r['after']:,} records of {found['looked_at']:,} rows "
                  f"(now {r['before']:,}): {balance(r)}" for r in found["partners"]]  # fmt: skip
        lines += [_sample(s) for r in found["partners"] for s in r["sample"][:most]]
        lines += [f"{g['log']}: {g['records']:,} records told, {g['bytes']:,} bytes" for g in has["logs"]]
        tell(result, "\n".join(lines) or f"no rule speaks of {party}, and nothing was told", as_json=as_json)


def rehearsed(office: Office, text: str, days: float, to: str = "") -> dict[str, Any]:
    """A dry run over the last days of what the node holds, beside the node where it runs. Tells how far it is."""
    from kizuna.base.units import HOUR_MS, MISSING_TIME_MS  # noqa: PLC0415
    from kizuna.node.origin import own_sources  # noqa: PLC0415
    from kizuna.node.service.contacts import Contacts  # noqa: PLC0415
    from kizuna.node.service.rooms import Rooms  # noqa: PLC0415
    from kizuna.node.service.storing import open_store  # noqa: PLC0415
    from kizuna.node.share.preview import Period, StoreHistory  # noqa: PLC0415
    from kizuna.node.share.views.dry_run import dry_run  # noqa: PLC0415

    sharing = cast("SharingOfNode", office.sharing)
    config = sharing.config
    contacts = Contacts(Rooms(config.home).store(config.node.context), config.node.context)
    with open_store(config, read_only=True) as keep, closing(contacts):
        newest_ms = keep.versions().newest_ms
        end_ms = office.now_ms() if newest_ms == MISSING_TIME_MS else newest_ms + 1
        held_ms = round((config.live.keep_h or 48.0) * HOUR_MS)
        sharing.door.house.sources_of = lambda m, a, b: own_sources(keep, m, a - held_ms, b + HOUR_MS)
        period = Period(end_ms - round(days * 86_400_000), end_ms)
        return dry_run(office, text, StoreHistory(keep, contacts), period, to, _progress())


def _progress() -> Callable[[float], None]:
    """Tells a person at a terminal how far a dry run is, in steps of a tenth."""
    last = [0]

    def said(share: float) -> None:
        if int(share * 10) > last[0] and sys.stderr.isatty():
            last[0] = int(share * 10)
            sys.stderr.write(f"\r{last[0] * 10} %{chr(10) if last[0] == 10 else ''}")  # noqa: PLR2004  tenths
            sys.stderr.flush()

    return said


def covered(found: dict[str, Any]) -> str:
    """That a dry run was shortened, and to which time."""
    return (f"that is too much to go through: only from {when(found['from_ms'])} to {when(found['until_ms'])}; "
            "fewer days, or one partner (kizuna release preview --as)")  # fmt: skip


def balance(row: dict[str, Any]) -> str:
    """Counts of one audience."""
    return (f"gains {row['gains']:,}, loses {row['loses']:,}, changes {row['changes']:,}, "
            f"at another time {row['moves']:,}")  # fmt: skip


def _sample(row: dict[str, Any]) -> str:
    """One record of a dry run: what changes for it, what and where it is, how it leaves, by which rule."""
    place = "" if row["lat"] is None else f" at {row['lat']:.4f} {row['lon']:.4f}"
    ways = [f"{w} {'; '.join(d['transforms']) or 'as it is'} ({when(d['told_ms'])})"
            if d["told_ms"] is not None else f"{w} not told"
            for w, d in (("now", row["before"]), ("then", row["after"]))]  # fmt: skip
    return (f"  {row['change']:<8}{row['kind']} {' '.join(row['subject'])} {when(row['at_ms'])}{place}: "
            f"{', '.join(ways)}  (rule {row['rule'] or 'none'})")  # fmt: skip


def refuse_recall(home: Path, short: str, why: str, by: str, *, as_json: bool) -> None:
    """Refuse a recall of another party: its records show again, and the reason is told."""
    from kizuna.node.share.desk import recalls  # noqa: PLC0415

    with desk(home) as office:
        found = whole(short, (r["id"] for r in recalls.listed(office) if not r["mine"]))
        recalls.refuse(office, found, why, by)
        tell({"recalls": recalls.listed(office)}, f"{found[:16]}: refused by {office.me}: {why}", as_json=as_json)


def recall(home: Path, records: list[str], subject: str, action: str, reason: str, text: str, by: str, *,
           as_json: bool) -> None:  # fmt: skip
    """Recall, or without anything named show the recalls with their hops."""
    from kizuna.node.share.desk import recalls  # noqa: PLC0415

    with desk(home) as office:
        if records or subject:
            recalls.recall(office, records, subject, action, reason, text, by)
        rows = recalls.listed(office)
        lines = []
        for row in rows:
            what = f"{row['action']} {row['records']} records: {row['reason']}"
            said = f"{row['state']}: {row['why']}" if row["why"] else row["state"]
            lines.append(f"{row['id'][:16]}  {when(row['at_ms'])}  {row['by']}  {what}  {said}")
            lines += [
                f"    {'  ' * h['depth']}{h['party']} (from {h['via']}): {h['state']} {h['why']}" for h in row["hops"]
            ]
        tell({"recalls": rows}, "\n".join(lines) or "no recalls", as_json=as_json)


def correct(home: Path, records: list[str], text: str, fields: tuple[str, ...], instead: str, by: str, *,
            dry_run: bool, as_json: bool) -> None:  # fmt: skip
    """Correct, say who would be told, or without a record show the corrections with who has them."""
    from kizuna.node.share.desk import corrections  # noqa: PLC0415

    with desk(home) as office:
        wish = corrections.Wish(records, text, fields, instead)
        if dry_run and records:
            would = corrections.drafted(office, corrections.plan(office, wish))
            lines = [f"{', '.join(w['parties']) or 'nobody'}: {len(w['records'])} records, {w['label']}" for w in would]
            tell({"would": would}, "\n".join(lines), as_json=as_json)
            return
        if records:
            corrections.correct(office, wish, by)
        rows = office.corrections.listed()
        tell({"corrections": rows}, "\n".join(_corrected(rows)) or "no corrections", as_json=as_json)


def _corrected(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        fields = f" ({', '.join(row['fields'])})" if row["fields"] else ""
        said = in_one_line(f"{row['text']}{fields}")
        yield f"{row['id'][:16]}  {when(row['at_ms'])}  {row['by']}  {row['records']} records  {row['state']}  {said}"
        yield from (f"    {p['party']}: {p['state']} {when(p['at_ms'])}".rstrip() for p in row["parties"])
        if row["without_effect"]:
            yield f"    {row['without_effect']} records are not {row['by']}'s: it changes nothing of them"


def request(home: Path, to: str, text: str, kinds: list[str], subject: list[str], clause: str, by: str, *,
            distress: bool, as_json: bool) -> None:  # fmt: skip
    """Ask, or without a partner list the requests."""
    from kizuna.node.share.desk import requests  # noqa: PLC0415

    with desk(home) as office:
        if to:
            requests.ask(office, requests.Wish(to, text, tuple(kinds), tuple(subject), clause=clause,
                                                 distress=distress), by)  # fmt: skip
        rows = requests.listed(office)
        lines = [f"{r['id'][:16]}  {r['by']} -> {r['to']}  {r['state']:<12} due {when(r['due_ms'])}"
                 f"{'  OVERDUE' if r['overdue'] else ''}  {r['text'][:80]}" for r in rows]  # fmt: skip
        tell({"requests": rows}, "\n".join(lines) or "no requests", as_json=as_json)


def answer(home: Path, name: str, verdict: str, records: list[str], text: str, by: str, *, as_json: bool) -> None:
    """Answer or refuse a request."""
    from kizuna.node.share.desk import requests  # noqa: PLC0415

    with desk(home) as office:
        found = whole(name, (r["id"] for r in requests.listed(office)))
        requests.answer(office, found, verdict, records, text, by)
        tell({"id": found, "verdict": verdict}, f"{found[:16]}: {verdict}", as_json=as_json)


def take_back(home: Path, name: str, text: str, by: str, *, as_json: bool) -> None:
    """Withdraw an own request."""
    from kizuna.node.share.desk import requests  # noqa: PLC0415

    with desk(home) as office:
        found = whole(name, (r["id"] for r in requests.listed(office) if r["mine"]))
        requests.withdraw(office, found, text, by)
        tell({"id": found, "state": "withdrawn"}, f"{found[:16]}: withdrawn", as_json=as_json)


def whole(short: str, names: Any) -> str:
    """The one name that begins so. Raises ConfigError for under eight digits, InputError where none or several do."""
    from kizuna.base.errors import ConfigError, InputError  # noqa: PLC0415

    found = [n for n in names if n.startswith(short)]
    if len(short) < 8:  # noqa: PLR2004
        raise ConfigError(f"{short!r} is too short", hint="give eight digits at least")
    if len(found) != 1:
        many = "nothing here begins" if not found else f"{len(found)} ids begin"
        raise InputError(f"{many} with {short!r}", hint="give more digits" if found else "the list has the ids")
    return str(found[0])


# ---- agreements ------------------------------------------------------------------------------------------------------
def agreement_check(file: Path, rules: Path | None, home: Path | None, *, as_json: bool) -> None:
    """What does not fit between a memorandum and rules. Exit code 3 where something does not.

    Of a node its other agreements are known too, for its rules may rest on them; what is wrong with those is not told.
    """
    with output.plain_errors():
        from kizuna.node.service.clocks import wall_ms  # noqa: PLC0415
        from kizuna.share import agreement as agreements  # noqa: PLC0415
        from kizuna.share.rules.read import load  # noqa: PLC0415
        from kizuna.share.rules.rule import RuleSet  # noqa: PLC0415

        one = agreements.load(contents(file), str(file))
        found, others, now_ms = RuleSet((), ""), [], wall_ms()
        if home is not None:
            with desk(home) as office:
                now_ms, found = office.now_ms(), office.rulebook.active() or found
                names = sorted({a.id for a in office.agreements.agreements.values()} - {one.id})
                others = [a for name in names if (a := office.agreements.of(name, now_ms)) is not None]
        if rules is not None:
            found = load(contents(rules), str(rules))
        theirs = {a.id for a in others}
        rows = [f._asdict() for f in agreements.check([one, *others], found, now_ms)
                if f.where in found.by_id or f.where.partition("/")[0].partition(" ")[0] not in theirs]  # fmt: skip
        lines = [f"{r['level']}: {r['test']}: {r['where']}: {r['text']}" for r in rows]
        tell({"agreement": one.id, "version": one.version, "sha256": one.sha256, "findings": rows},
             "\n".join(lines) or f"{one.id} version {one.version}: nothing to say", as_json=as_json)  # fmt: skip
        if rows:
            raise SystemExit(output.FINDINGS)


def agreement_list(home: Path, *, as_json: bool) -> None:
    """Agreements with their state."""
    from kizuna.node.share.desk import agreements  # noqa: PLC0415

    with desk(home) as office:
        rows = agreements.listed(office)
        lines = []
        for r in rows:
            lines.append(f"{r['id']} version {r['version']}: {r['state']}, {r['days_left']} days left  {r['warning']}")
            lines += [f"    {p['id']:<24} {'signed' if p['signed'] else 'not signed'}" for p in r["parties"]]
        tell({"agreements": rows}, "\n".join(lines) or "no agreements", as_json=as_json)


def agreement_sign(home: Path, what: str, by: str, *, as_json: bool) -> None:
    """Sign: a file puts a memorandum forward, an id signs what another party put forward."""
    from kizuna.node.share.desk import agreements  # noqa: PLC0415

    with desk(home) as office:
        path = Path(what)
        one = agreements.propose(office, contents_as_text(path), by) if path.is_file() else \
            agreements.sign(office, what, by)  # fmt: skip
        standing = office.agreements.standing(one, office.now_ms())
        tell({"id": one.id, "version": one.version, "sha256": one.sha256, "state": standing.state,
              "waiting_for": list(standing.waiting_for)},
             f"{one.id} version {one.version} is signed by {office.me}: {standing.state} {standing.warning}",
             as_json=as_json)  # fmt: skip


def agreement_report(home: Path, name: str, year: int, out: Path, language: str, *, as_json: bool) -> None:
    """The yearly account as HTML, with JSON beside it."""
    from kizuna.engines.results import put  # noqa: PLC0415
    from kizuna.node.share.desk import agreements  # noqa: PLC0415
    from kizuna.node.share.views import words  # noqa: PLC0415

    with desk(home) as office:
        made = agreements.report(office, name, year, words.ours(language))
        put(out, made.html)
        put(out.with_suffix(".json"), made.json)
        tell({"html": str(out), "json": str(out.with_suffix(".json"))}, f"wrote {out}", as_json=as_json)


# ---- incidents -------------------------------------------------------------------------------------------------------
Work = Callable[["Office"], str]


def incident(home: Path, work: Work, *, as_json: bool, language: str = "en") -> None:
    """Do one thing in an incident, and show it as it stands then."""
    from kizuna.node.share.incidents import shape  # noqa: PLC0415
    from kizuna.node.share.views.naming import namer  # noqa: PLC0415

    with desk(home) as office:
        name = work(office)
        held = office.cases.get(name)
        _until_told(office, name)
        case = shape.whole(office, held)
        tell(case, words_of(case, language, namer(office, language)), as_json=as_json)


def _until_told(office: Office, name: str) -> None:
    """A running node passes it on within two seconds: wait that long, so that what is shown says whether it did."""
    until = time.monotonic() + _WAIT_S
    while time.monotonic() < until and _runs(office.places.home) and office.cases.owes(name):
        time.sleep(0.2)


def _runs(home: Path) -> bool:
    """Whether the node runs, as it last wrote."""
    import json  # noqa: PLC0415

    from kizuna.node.service.rooms import Rooms  # noqa: PLC0415

    try:
        path = Rooms(home).status
        return bool(json.loads(path.read_bytes()).get("running")) and time.time() - path.stat().st_mtime < 2 * _WAIT_S
    except (OSError, ValueError):
        return False


def named(office: Office, short: str) -> str:
    """The whole id of an incident. Raises InputError where none or several begin so."""
    return whole(short, (h.incident for h in office.cases.all()))


def incident_list(home: Path, *, as_json: bool) -> None:
    """All incidents."""
    from kizuna.node.share.incidents import shape  # noqa: PLC0415
    from kizuna.node.share.views.naming import namer  # noqa: PLC0415

    with desk(home) as office:
        called = namer(office, "en")
        rows = [shape.row(office, held) for held in office.cases.all()]
        lines = [f"{r['id'][:16]}  {when(r['opened_ms'])}  {r['state']:<6} {r['kind']:<10} {r['title'][:40]:<40} "
                 f"coordinates {called(r['coordinator'])}" for r in rows]  # fmt: skip
        tell({"incidents": rows}, "\n".join(lines) or "no incidents", as_json=as_json)


def sitrep(home: Path, short: str, form: str, language: str, *, as_json: bool) -> None:
    """A situation report as it would be now."""
    from kizuna.node.share.incidents import acts  # noqa: PLC0415
    from kizuna.node.share.views import words  # noqa: PLC0415

    with desk(home) as office:
        found = acts.sitrep(office, office.cases.get(named(office, short)), form, words.ours(language))
        output.mark(office.context)
        tell(found, found["text"], as_json=as_json)


def words_of(case: dict[str, Any], language: str, called: Callable[[str], str]) -> str:
    """A case for people: its head and its timeline. ``called``: what a party is called."""
    page = PAGES[language]
    head = (f"{case['id']}  {case['kind_words'][page]}  {case['title']}  {case['state']}  "
            f"coordinates {called(case['coordinator'])}  "
            f"desks {', '.join(called(d['id']) + ' ' + d['state'] for d in case['desks'])}")  # fmt: skip
    lines = [head]
    for e in case["timeline"]:
        waits = [f"{called(t['to'])} {t['state']}" + (f" ({t['rule']}: {t['why']})" if t["why"] else "")
                 for t in e.get("told", ()) if t["state"] != "acknowledged"]  # fmt: skip
        over = f"  [{e['overtaken']}]" if e["overtaken"] else ""
        lines.append(f"{e['id'][:8]} {when(e['at_ms'])} {called(e['author']):<12} {e['words'][page]}{over}"
                     + (f"  -> {', '.join(waits)}" if waits else ""))  # fmt: skip
    return "\n".join(map(in_one_line, lines))  # what somebody wrote in two is no entry of its own
