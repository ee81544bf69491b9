"""Small simulations that several tests look at; made once."""

from __future__ import annotations

import pytest

from kizuna.exercise.simulate import Scenario, Simulation, simulate


@pytest.fixture(scope="session")
def small() -> Simulation:
    """Forty ships, eleven hours: every kind of plant is in it."""
    return simulate(Scenario(exercise_id="small", vessels=40, hours=11, thin_s=60), 7)


@pytest.fixture(scope="session")
def full_rate() -> Simulation:
    """Twenty ships, two hours, no report left out."""
    return simulate(Scenario(exercise_id="full-rate", vessels=20, hours=2, thin_s=0), 11)
