"""CISE: released records as messages of the EUCISE model 1.5.3 (service model 1.0.9), and its messages as candidates.

``messages`` writes and signs; ``reading`` checks, verifies and takes apart; ``candidates`` makes records for a person
to look at. Nothing here decides what leaves: what goes in was released to the recipient already.
"""

from kizuna.formats.cise.candidates import Candidates, candidates, recall, request
from kizuna.formats.cise.messages import (
    Head,
    Service,
    Signer,
    acknowledgement,
    feedback,
    message_id,
    pull_request,
    pull_response,
    push,
    runs,
    subscribe,
)  # fmt: skip
from kizuna.formats.cise.reading import Expected, Message, ack_code, read
from kizuna.formats.cise.validation import faults

__all__ = [
    "Candidates", "Expected", "Head", "Message", "Service", "Signer", "ack_code", "acknowledgement", "candidates",
    "faults", "feedback", "message_id", "pull_request", "pull_response", "push", "read", "recall", "request", "runs",
    "subscribe",
]  # fmt: skip
