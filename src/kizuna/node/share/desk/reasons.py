"""Why things are so, by code: what decisions, agreements, cases and refusals say, for pages with words of their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from kizuna.base import sentences
from kizuna.node.share.desk.refusal import SAID as DESK
from kizuna.node.share.partners import SAID as PARTNERS
from kizuna.share.agreement.standing import SAID as AGREEMENTS
from kizuna.share.decide.reasons import SAID as DECISIONS
from kizuna.share.grants import SAID as GRANTS
from kizuna.share.incident.reasons import SAID as INCIDENTS
from kizuna.share.introduce import SAID as INTRODUCTIONS
from kizuna.share.rules.activation import SAID as STEPS
from kizuna.share.rules.reasons import SAID as RULES

SENTENCES: Final = (DESK, PARTNERS, INTRODUCTIONS, DECISIONS, AGREEMENTS, GRANTS, INCIDENTS, STEPS, RULES)
"""All tables of sentences that a page has words for; what is wrong with rules stands last, its forms are the widest."""


def reasons(texts: Iterable[str]) -> list[dict[str, Any]]:
    """Rows of ``code``, ``facts``, the English ``reason``, and ``because``: rows of the sentences within it."""
    return [each.row() for text in texts for each in sentences.read(text, SENTENCES)]
