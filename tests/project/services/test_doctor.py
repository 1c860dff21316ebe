"""The doctor's checks, each against a patient it should find well or ill."""

import os
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from project.services import doctor, options, ports
from project.services.doctor import CHECKS, Finding, Level, Patient
from project.services.options import PORTS
from project.services.stackfile import StackRecord
from tests.support.plugin import SERVERS


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    """Nothing runs, nothing is broken."""
    free = {port.variable: str(ports.free_port()) for port in PORTS}
    return Patient(options.from_environ({"WINDLASS_HOME": str(tmp_path)} | free), {}, None)


@pytest.fixture
def up(patient: Patient) -> Patient:
    """A stack whose servers answer and whose other parts are silent."""
    me = psutil.Process()
    record = StackRecord(
        pid=me.pid,
        pid_created=me.create_time(),
        started_at="2026-01-01T12:00:00+00:00",
        ports={"door": ports.free_port(), "postgres": SERVERS.cluster.access.port, "web": ports.free_port()},
        database_url=SERVERS.database_url("app"),
        database_owner_url=SERVERS.database_url("owner"),
        redis_url=SERVERS.redis_url,
        demo=False,
    )
    return replace(patient, stack=record)


def levels(patient: Patient) -> dict[str, Level]:
    return {name: finding.level for name, finding in doctor.examine(patient, CHECKS)}


def test_a_stack_that_is_down_is_no_failure(patient: Patient) -> None:
    found = levels(patient)
    assert found["stack"] is Level.WARN
    assert found["ports"] is Level.OK
    assert found["PostgreSQL"] is found["Valkey"] is found["door"] is found["dashboard"] is Level.SKIP
    assert Level.FAIL not in found.values()


def test_a_stack_that_is_half_up(up: Patient) -> None:
    found = levels(up)
    assert found["stack"] is found["PostgreSQL"] is found["Valkey"] is Level.OK
    assert found["door"] is found["dashboard"] is found["ports"] is Level.FAIL


def test_a_server_that_is_gone(up: Patient) -> None:
    assert up.stack is not None
    gone = replace(up.stack, redis_url=f"redis://127.0.0.1:{ports.free_port()}/0")
    finding = doctor.broker(replace(up, stack=gone))
    assert finding.level is Level.FAIL
    assert "REDIS_URL" in finding.mend


@pytest.mark.parametrize(
    "name",
    [
        "accounts.enc",
        "demo-futures-source.json",
        "engine-token",
        "kek",
        "paper/keys.json",
        "pg/passwords.json",
        "remote-kill",
        "valkey/password",
    ],
)
def test_every_secret_is_looked_at(patient: Patient, name: str) -> None:
    path = patient.home / name
    path.parent.mkdir(exist_ok=True)
    path.touch()
    path.chmod(0o644)
    finding = doctor.secrets(patient)
    assert (finding.level, finding.mend) == (Level.FAIL, f"chmod 600 {path}")


def test_a_taken_port(patient: Patient) -> None:
    taken = dict(patient.options.ports) | {"web": SERVERS.cluster.access.port}
    finding = doctor.taken_ports(replace(patient, options=replace(patient.options, ports=taken)))
    assert finding.level is Level.FAIL
    assert "WINDLASS_WEB_PORT=" in finding.text


@pytest.mark.parametrize(("mode", "level"), [(0o600, Level.OK), (0o640, Level.FAIL), (0o604, Level.FAIL)])
def test_secrets_are_for_their_owner_only(patient: Patient, mode: int, level: Level) -> None:
    (patient.home / "kek").touch()
    (patient.home / "kek").chmod(mode)
    assert doctor.secrets(patient).level is level


def test_where_the_key_comes_from(patient: Patient) -> None:
    assert doctor.key_encryption_key(patient).level is Level.SKIP
    assert doctor.key_encryption_key(replace(patient, environ={"WINDLASS_KEK": "x"})).text == "from WINDLASS_KEK"
    (patient.home / "kek").touch()
    assert "keep a copy" in doctor.key_encryption_key(patient).text


def test_a_missing_data_folder(patient: Patient) -> None:
    elsewhere = replace(patient, options=replace(patient.options, home=patient.home / "none"))
    assert doctor.data_folder(elsewhere).level is Level.SKIP
    assert doctor.disk(elsewhere).level in {Level.OK, Level.WARN}


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="no folder that refuses files even to root")
def test_a_data_folder_that_cannot_be_written(patient: Patient) -> None:
    finding = doctor.data_folder(replace(patient, options=replace(patient.options, home=Path("/proc/self"))))
    assert finding.level is Level.FAIL


@pytest.mark.parametrize(
    ("finding", "line"),
    [
        (Finding(Level.OK, "all free"), "  ok    ports          all free"),
        (Finding(Level.SKIP, "later"), "  –     ports          later"),
        (
            Finding(Level.FAIL, "taken", "end it"),
            "  fail  ports          taken\n                       → end it",
        ),
    ],
)
def test_the_report(finding: Finding, line: str) -> None:
    assert doctor.report([("ports", finding)], coloured=False) == line


def test_colour_is_on_the_level_only() -> None:
    assert doctor.report([("ports", Finding(Level.OK, "free"))], coloured=True).startswith(
        "  \x1b[32mok  \x1b[0m  ports"
    )


@pytest.mark.parametrize(("level", "failed"), [(Level.OK, False), (Level.WARN, False), (Level.FAIL, True)])
def test_only_a_failure_fails(level: Level, failed: bool) -> None:
    assert doctor.failed([("x", Finding(level, ""))]) is failed
