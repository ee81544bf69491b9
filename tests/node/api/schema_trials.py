"""Requests that a description allows, made by schemathesis and sent through a browser: the server never fails."""

import pytest


def send_all(document, browser, most, *, base="", change=None):
    """Send ``most`` requests for each operation of an OpenAPI document; the answers. ``change(case)`` may alter one.

    Fails on an answer of 500 or above.
    """
    schemathesis = pytest.importorskip("schemathesis")
    from hypothesis import HealthCheck, Phase, given, settings

    answers = []
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE))
        @settings(max_examples=most, deadline=None, database=None, phases=[Phase.generate],
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        def attempt(case):
            if change is not None:
                change(case)
            wire = case.as_transport_kwargs(base_url="https://node.test" + base)
            body = {k: wire[k] for k in ("json", "content") if wire.get(k) is not None}
            if isinstance(wire.get("data"), (bytes, str)):
                body["content"] = wire["data"]
            sent = {k: v for k, v in (wire.get("headers") or {}).items() if k.lower() in ("content-type", "accept")}
            answer = browser.call(case.method, wire["url"], params=wire.get("params"), headers=sent, **body)
            assert answer.status_code < 500, (case.method, wire["url"], answer.text)
            answers.append(answer)

        attempt()
    return answers
