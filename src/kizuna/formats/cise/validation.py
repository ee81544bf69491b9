"""Whether a message keeps to the schemas, in two parts: the message without its entities, then each entity.

The service model's payload takes elements of any *other* namespace, and entities have none, so no message with
entities passes as a whole (not even the reference simulator's). The schemas are handed in, compiled.
"""

from __future__ import annotations

import copy

from lxml import etree

from kizuna.formats import bounded_xml
from kizuna.formats.cise.reading import HANDLING, LARGEST, MOST_ELEMENTS


def faults(data: bytes, messages: etree.XMLSchema, entities: etree.XMLSchema) -> list[str]:
    """What is wrong; empty where nothing is. Raises InputError for what is no bounded XML."""
    root = copy.deepcopy(bounded_xml.parse(data, largest=LARGEST, most=MOST_ELEMENTS))
    payload = root.find("Payload")
    found = [] if payload is None else [e for e in payload if etree.QName(e).localname not in HANDLING]
    alone = [etree.fromstring(etree.tostring(e, with_tail=False)) for e in found]  # with the prefixes around them
    for entity in found:
        payload.remove(entity)
    parts = [(root, messages), *((each, entities) for each in alone)]
    return [fault for part, schema in parts for fault in _said(part, schema)]


def _said(root: etree._Element, schema: etree.XMLSchema) -> list[str]:
    return [] if schema.validate(root) else [str(error.message) for error in schema.error_log]
