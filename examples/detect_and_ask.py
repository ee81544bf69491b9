"""From simulated traffic to events and an SQL answer, in Python. Nothing of it is real.

Run it with ``.venv/bin/python examples/detect_and_ask.py``.
"""

import tempfile
from pathlib import Path

from kizuna.engines.decode import Options
from kizuna.engines.run import Request, detect_into
from kizuna.node.exercise import write_exercise
from kizuna.stores.query import ask

with tempfile.TemporaryDirectory() as name:
    home = Path(name)
    made = write_exercise(home, seed=11, vessels=30, hours=6.0)
    request = Request([str(made.nmea)], Options(context=made.context), zones=[made.zones])
    summary = detect_into(request, home / "found")
    print(f"{made.marking}: {summary.counts['fixes']:,} fixes, {summary.counts['segments']} segments")
    for row in ask(home / "found", "SELECT event_type, count(*) AS n FROM events GROUP BY 1 ORDER BY 1").to_pylist():
        print(f"  {row['event_type']:<12} {row['n']}")
    first = ask(home / "found", "SELECT summary FROM events ORDER BY confidence DESC LIMIT 1").to_pylist()
    print("  most confident:", first[0]["summary"] if first else "none")
