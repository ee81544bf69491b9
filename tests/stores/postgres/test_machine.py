"""Any order of appends, repeats, order, retention and restarts is answered as by the twin, on a server too."""

import itertools

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from stores.keep.test_machine import PARAMS, StoreMachine

from kizuna.stores.postgres import open_postgres

_numbers = itertools.count()


@pytest.mark.slow
def test_store_on_a_server(dsn):
    class Machine(StoreMachine):
        def opened(self):
            if not hasattr(self, "schema"):
                self.schema = f"machine_{next(_numbers)}"
            return open_postgres(dsn, params=PARAMS, schema=self.schema)

    run_state_machine_as_test(Machine, settings=settings(max_examples=10, stateful_step_count=25, deadline=None))
