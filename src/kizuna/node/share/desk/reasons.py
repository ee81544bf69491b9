"""Why things are so, by code: what decisions, agreements, cases and refusals say, for pages with words of their own.

Most sentences are read back whole. What the checks of pages, proofs and keys say is for engineers and for the partner
to whom it is cited: a page shows it beside what it means, one of few codes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from kizuna.base import sentences
from kizuna.base.sentences import Sentences
from kizuna.node.share.desk.refusal import SAID as DESK
from kizuna.node.share.partners import SAID as PARTNERS
from kizuna.share.agreement.standing import SAID as AGREEMENTS
from kizuna.share.decide.reasons import SAID as DECISIONS
from kizuna.share.grants import SAID as GRANTS
from kizuna.share.incident.reasons import SAID as INCIDENTS
from kizuna.share.introduce import SAID as INTRODUCTIONS
from kizuna.share.rules.activation import SAID as STEPS
from kizuna.share.rules.reasons import SAID as RULES

CHECKS: Final = Sentences({
    "check.context": "it is of another context: real, exercise and test never mix",
    "check.contradicts": "it contradicts what its sender had signed or told before",
    "check.dead_key": "it is signed by a key that does not count any more",
    "check.form": "it is damaged, or not written as agreed",
    "check.hole": "what comes before it is not here",
    "check.keys": "the keys by which to judge it are not here, or not confirmed",
    "check.log": "it is of a log that its sender does not keep for this node",
    "check.manifest": "its keys do not follow those that were known before",
    "check.most": "more came than this node keeps",
    "check.other": "a check of this node does not let it in",
    "check.proof": "the proof that came with it does not fit",
    "check.receipt": "it is a receipt for something that this node did not tell",
    "check.revoked": "the partner that stated it was revoked here",
    "check.signature": "its signature does not hold, or does not cover it",
    "check.speaker": "it was stated by somebody to whom that does not belong",
})  # fmt: skip
"""What the words of a check mean (``MEANS``)."""
MEANS: Final = tuple((code, re.compile("|".join(forms))) for code, forms in {
    "check.revoked": (" was revoked: ",),
    "check.context": ("another context", "it is of the context ", r"a record of (real|test|exercise:\S*)$"),
    "check.keys": ("the keys of .+ are not known here", "nobody here has confirmed", "key manifests .+ missing",
                   "was not announced", "no known key signed this"),
    "check.dead_key": ("signed by a key since retired", "the key was ", r"this log was closed at record"),
    "check.receipt": ("a receipt for ", r"we signed \d+ records and hold"),
    "check.contradicts": ("before it is not what is held", "but told us", "two different (logs|trees)",
                          "another log of ", "is not the one that we were told", "what is held is not the log",
                          "not the log of ", "closed with another root", "cannot become one of", "consistency proof",
                          "does not begin with the", "a proof is given where none is needed"),
    "check.manifest": ("key manifest", " key disappeared", "a dead .+ key counts", "a closed log became shorter"),
    "check.signature": ("signature", "cosign", "signed twice", "did not sign", "more records than were signed"),
    "check.hole": (r"records from \d+ on, but only", "does not bring what is before it"),
    "check.log": ("not a log of ", r"a page of \S+/", "a checkpoint of '", "the checkpoint is of another log"),
    "check.proof": ("inclusion proof", "does not speak of", "a proof (is too large|of another|of more than)",
                    "not a proof", "record's salt", r"leaf \d+ is not in a tree", "is no carriage", "of a proof is not",
                    "cannot make up a tree", "of the tree is not"),
    "check.most": (r"more than \d+ (?!hashes)", "too many (words|lists|memoranda|answers)"),
    "check.speaker": ("cannot speak for", "which only .+ can give", "is no party of", "is not the founder of",
                      "is no steward of"),
    "check.form": ("not a record", "body is no", "not a page", " of a page ", "a page (was|is|unpacks|of)", "base64",
                   "a record of .+ bytes", "written otherwise", "cannot be read", "one line of JSON", "signed note"),
}.items())  # fmt: skip
"""What the words of checks mean (those of verify, keys, ledger and page in ``share``); the first that fits."""
SENTENCES: Final = (DESK, PARTNERS, INTRODUCTIONS, DECISIONS, AGREEMENTS, GRANTS, INCIDENTS, STEPS, CHECKS, RULES)
"""All tables of sentences that a page has words for; what is wrong with rules stands last, its forms are the widest."""


def reasons(texts: Iterable[str]) -> list[dict[str, Any]]:
    """Rows of ``code``, ``facts``, the English ``reason``, and ``because``: rows of the sentences within it."""
    return [each.row() for text in texts for each in sentences.read(text, SENTENCES)]


def meaning(text: str) -> list[dict[str, Any]]:
    """Why something was set aside: rows of reasons for a text that a node kept; none for an empty one.

    ``exact`` says that the reason is the text itself; else it is what the text means, and the text stands beside it.
    """
    if not text:
        return []
    found = sentences.read(text, (DESK, GRANTS))
    if all(each.code for each in found):
        return [{**each.row(), "exact": True} for each in found]
    code = next((code for code, form in MEANS if form.search(text)), "check.other")
    return [{**sentences.Reason(code, {}, CHECKS(code)).row(), "exact": False}]
