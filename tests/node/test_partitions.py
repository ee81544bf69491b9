"""How the command line chooses between memory and partitions."""

import shutil
import signal
import subprocess
import sys
import time

import pytest

from kizuna.base.errors import ConfigError, UnavailableError
from kizuna.engines.partition import plan
from kizuna.engines.run import Request
from kizuna.node.cli.partitions import Parts, told_how_to_resume


@pytest.fixture
def request_of_a_file(tmp_path):
    path = tmp_path / "ships.csv"
    path.write_bytes(b"mmsi,timestamp,lat,lon\n431000001,2020-01-01T00:00:00Z,35.5,139.5\n" * 1000)
    return Request([str(path)])


def test_a_small_input_is_held_in_memory(request_of_a_file):
    assert Parts().chosen(request_of_a_file) is None


def test_memory_that_is_short_chooses_partitions(request_of_a_file, monkeypatch):
    monkeypatch.setattr(plan, "_free_bytes", lambda: 1e8)
    chosen = Parts().chosen(request_of_a_file)
    assert chosen is not None and chosen.sizes.partitions == 0 and chosen.sizes.memory_gb == 2.0


def test_a_live_feed_is_never_cut_unasked(monkeypatch):
    monkeypatch.setattr(plan, "_free_bytes", lambda: 1.0)
    assert Parts().chosen(Request(["udp://127.0.0.1:9"])) is None


@pytest.mark.parametrize(
    "parts", [Parts("12"), Parts(resume=True), Parts(fixes=False), Parts(report=False), Parts("3", memory_gb=4.0)]
)
def test_what_goes_only_in_partitions_chooses_them(request_of_a_file, parts):
    chosen = parts.chosen(request_of_a_file)
    assert chosen is not None
    assert (chosen.resume, chosen.fixes, chosen.report) == (parts.resume, parts.fixes, parts.report)
    assert chosen.sizes.memory_gb == (parts.memory_gb or 2.0)


@pytest.mark.parametrize("parts", [Parts("none", resume=True), Parts("many"), Parts("0"), Parts("-3"), Parts("9000")])
def test_what_makes_no_sense_is_refused(request_of_a_file, parts):
    with pytest.raises(ConfigError):
        parts.chosen(request_of_a_file)


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), UnavailableError("the disk is full")])
def test_a_stopped_run_says_how_it_goes_on(capsys, stop):
    with pytest.raises(type(stop)), told_how_to_resume():
        raise stop
    assert "--resume" in capsys.readouterr().err


@pytest.mark.big
@pytest.mark.slow
def test_ctrl_c_leaves_a_state_that_can_be_resumed(tmp_path):
    from kizuna.exercise.simulate import Scenario, simulate

    made = simulate(Scenario(exercise_id="stop", vessels=30, hours=6, thin_s=30), 3)
    (tmp_path / "a.nmea").write_bytes(b"".join(made.nmea_chunks()))
    words = ["detect", str(tmp_path / "a.nmea"), "--context", "exercise:stop", "--partitions", "120", "-q"]
    code = "from kizuna.node.cli.main import run; run()"

    def start(out, *more):
        return subprocess.Popen(
            [sys.executable, "-c", code, *words, "--out", str(out), *more],
            stderr=subprocess.PIPE,
            text=True,
            stdout=subprocess.DEVNULL,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip  who runs the tests in the background has them ignore it

    for attempt in range(5):  # on a busy machine a run may end before the signal reaches it: that shows nothing
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        stopped = start(tmp_path / "out")
        while stopped.poll() is None and not list((tmp_path / "out").glob("*/*.tracks")):
            time.sleep(0.002)
        stopped.send_signal(signal.SIGINT)
        told = stopped.communicate()[1]
        if stopped.returncode or attempt == 4:
            break
    assert stopped.returncode == 130 and "--resume" in told
    assert not (tmp_path / "out" / "run.json").exists()
    for out, more in ((tmp_path / "out", ["--resume"]), (tmp_path / "whole", [])):
        run = start(out, *more)
        run.communicate()
        assert run.returncode == 0
    for name in ("fixes", "segments", "events"):
        assert (tmp_path / "out" / f"{name}.parquet").read_bytes() == (
            tmp_path / "whole" / f"{name}.parquet"
        ).read_bytes()
