"""``chengxin storage``: what the recipe writes, and the test of a real store, passed when it is locked down and failed by an open door."""

from __future__ import annotations

import json
import stat
import struct
import subprocess
import sys
import threading
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from chengxin.files import seaweed
from tests.cli.conftest import Run, environment
from tests.evidence.seaweed import Store, running

HOSTS = ("10.20.0.1", "10.20.0.2", "store3.example", "10.20.0.4")
ROLES = ("filer", "gateway", "master", "s3", "volume")


def storage(data: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """``chengxin storage`` with settings in its environment."""
    command = [sys.executable, "-m", "chengxin", "storage", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=240, env={**environment(data), **settings})


def write(data: Path, folder: Path, *hosts: str) -> subprocess.CompletedProcess[str]:
    return storage(data, "recipe", str(folder), *(word for host in hosts for word in ("--host", host)))


@dataclass
class Written:
    folder: Path
    output: str


@pytest.fixture(scope="module")
def written(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A recipe for three hosts and a fourth, to be looked at and left as it is."""
    folder = tmp_path_factory.mktemp("recipe") / "store"
    done = write(data, folder, *HOSTS)
    assert done.returncode == 0, done.stderr
    return Written(folder, done.stdout)


@pytest.fixture
def folder(written: Written) -> Path:
    return written.folder


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return tmp_path / "store"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def content_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def unit_names(folder: Path, host: str) -> list[str]:
    return sorted(path.name.removeprefix("chengxin-store-").removesuffix(".service") for path in (folder / "hosts" / host).iterdir())


def start_of(folder: Path, host: str, name: str) -> list[str]:
    """The command that a unit starts."""
    text = (folder / "hosts" / host / f"chengxin-store-{name}.service").read_text(encoding="utf-8")
    (line,) = (line for line in text.splitlines() if line.startswith("ExecStart="))
    return line.removeprefix("ExecStart=").split()


def value(command: list[str], option: str) -> str:
    return command[command.index(option) + 1]


# --- what the recipe writes ---


def test_a_recipe_for_four_hosts_has_everything_each_of_them_starts(folder: Path) -> None:
    assert sorted(path.name for path in (folder / "hosts").iterdir()) == sorted(HOSTS)
    assert unit_names(folder, HOSTS[0]) == ["filer", "master", "s3", "volume0"]
    assert [unit_names(folder, host) for host in HOSTS[1:]] == [["master", "volume0"], ["master", "volume0"], ["volume0"]]
    masters = [f"{host}:9333.19333" for host in HOSTS[:3]]
    for host in HOSTS:
        volume = start_of(folder, host, "volume0")
        assert (value(volume, "-ip"), value(volume, "-master").split(",")) == (host, masters)
    assert len({value(start_of(folder, host, "volume0"), "-rack") for host in HOSTS}) == len(HOSTS)
    for host in HOSTS[:3]:
        master = start_of(folder, host, "master")
        assert (value(master, "-peers").split(","), value(master, "-defaultReplication")) == (masters, "010")


def test_private_files_are_for_their_owner_alone(folder: Path) -> None:
    assert [mode(folder / name) for name in (".", "certificates", "gateway")] == [0o700] * 3
    private = ["security.toml", "gateway/security.toml", "s3.json", "keys.json", *(f"certificates/{role}.key" for role in ROLES)]
    assert {name: mode(folder / name) for name in private} == dict.fromkeys(private, 0o600)


def test_certificates_come_from_an_authority_whose_key_is_gone(folder: Path) -> None:
    place = folder / "certificates"
    assert sorted(path.name for path in place.iterdir()) == sorted(
        ["authority.crt", *(f"{role}.{kind}" for role in ROLES for kind in ("crt", "key"))]
    )
    authority = x509.load_pem_x509_certificate((place / "authority.crt").read_bytes())
    for role in ROLES:
        certificate = x509.load_pem_x509_certificate((place / f"{role}.crt").read_bytes())
        certificate.verify_directly_issued_by(authority)
        assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        addresses = [str(each) for each in named.get_values_for_type(x509.IPAddress)]
        assert sorted([*addresses, *named.get_values_for_type(x509.DNSName)]) == sorted(HOSTS)


def test_the_gateways_client_certificate_is_named_in_its_own_folder_only(folder: Path) -> None:
    everywhere, gateway = (tomllib.loads((folder / name).read_text("utf-8")) for name in ("security.toml", "gateway/security.toml"))
    client = gateway["grpc"].pop("client")
    assert client["cert"] == str(folder / "certificates" / "s3.crt")
    assert gateway == everywhere  # but for that one
    tokens = [everywhere["jwt"]["signing"], everywhere["jwt"]["filer_signing"]]
    keys = [kept["key"] for token in tokens for kept in (token, token["read"])]
    assert len(set(keys)) == 4
    assert min(map(len, keys)) > 40
    units = {host: {name: where_of(folder, host, name) for name in unit_names(folder, host)} for host in HOSTS}
    assert units[HOSTS[0]].pop("s3") == str(folder / "gateway")
    assert {where for each in units.values() for where in each.values()} == {str(folder)}


def where_of(folder: Path, host: str, name: str) -> str:
    text = (folder / "hosts" / host / f"chengxin-store-{name}.service").read_text(encoding="utf-8")
    (line,) = (line for line in text.splitlines() if line.startswith("WorkingDirectory="))
    return line.removeprefix("WorkingDirectory=")


def test_the_application_may_neither_make_a_bucket_nor_go_round_a_lock(folder: Path) -> None:
    people = {each["name"]: each for each in json.loads((folder / "s3.json").read_text("utf-8"))["identities"]}
    kept = json.loads((folder / "keys.json").read_text("utf-8"))
    assert {name: people[name]["credentials"][0]["accessKey"] for name in people} == {
        "chengxin": kept["application"]["access"], "keeper": kept["keeper"]["access"],
    }  # fmt: skip
    actions = people["chengxin"]["actions"]
    assert {action.partition(":")[2] for action in actions} == {"footage", "footage-copy"}
    assert not [action for action in actions if "Admin" in action or "Bypass" in action]


def test_the_printed_settings_are_all_that_the_application_needs(written: Written) -> None:
    folder = written.folder
    printed = dict(line.split("=", 1) for line in written.output.splitlines() if line.startswith("CHENGXIN_"))
    kept = json.loads((folder / "keys.json").read_text("utf-8"))
    assert printed == {
        "CHENGXIN_S3_URL": f"https://{HOSTS[0]}:8333", "CHENGXIN_S3_ACCESS_KEY": kept["application"]["access"],
        "CHENGXIN_S3_SECRET_KEY": kept["application"]["secret"], "CHENGXIN_S3_CA": str(folder / "certificates" / "authority.crt"),
        "CHENGXIN_FOOTAGE_BUCKET": "footage", "CHENGXIN_FOOTAGE_COPY_BUCKET": "footage-copy",
        "CHENGXIN_STORE_FILERS": f"http://{HOSTS[0]}:8888",
        "CHENGXIN_STORE_MASTERS": ",".join(f"http://{host}:9333" for host in HOSTS[:3]),
    }  # fmt: skip
    assert kept["keeper"]["secret"] not in printed.values()


def test_no_program_tells_the_world_or_opens_a_door_nobody_asked_for(folder: Path) -> None:
    assert {"-telemetry=false", "-disableHttp"} <= set(start_of(folder, HOSTS[0], "master"))
    gateway = start_of(folder, HOSTS[0], "s3")
    assert (value(gateway, "-port.iceberg"), value(gateway, "-port.lance")) == ("0", "0")
    assert {"-autoCreateBucket=false", "-iam=false", "-allowDeleteBucketNotEmpty=false"} <= set(gateway)


def test_a_unit_has_what_its_sandbox_asks_for(folder: Path) -> None:
    for unit in (folder / "hosts").rglob("*.service"):
        lines = unit.read_text("utf-8").splitlines()
        assert {"PrivateTmp=yes", "ProtectSystem=strict", f"ReadWritePaths={folder}/data", "User=chengxin-store"} <= set(lines)
        assert [line for line in lines if line.startswith("ExecStart=/usr/local/bin/weed -logtostderr ")]  # /tmp takes no log files
    assert sorted(path.name for path in (folder / "data").iterdir()) == ["filer", "master", "volume0"]


def test_two_hosts_have_one_master(data: Path, new: Path) -> None:
    done, folder = write(data, new, *HOSTS[:2]), new
    assert [unit_names(folder, host) for host in HOSTS[:2]] == [["filer", "master", "s3", "volume0"], ["volume0"]]
    assert value(start_of(folder, HOSTS[0], "master"), "-peers") == "none"
    assert f"CHENGXIN_STORE_MASTERS=http://{HOSTS[0]}:9333" in done.stdout.splitlines()


# --- what is refused ---


def test_a_folder_that_exists_is_left_as_it_is(data: Path, folder: Path) -> None:
    before = content_of(folder)
    again = write(data, folder, "10.20.0.9")
    assert (again.returncode, "已经存在" in again.stderr, again.stdout) == (2, True, "")
    assert content_of(folder) == before


def test_a_host_is_named_once(data: Path, new: Path) -> None:
    refused = write(data, new, HOSTS[0], HOSTS[0])
    assert (refused.returncode, "写了两次" in refused.stderr, new.exists()) == (2, True, False)


def test_a_path_that_a_unit_cannot_hold_is_refused(data: Path, tmp_path: Path) -> None:
    refused = write(data, tmp_path / "my store")
    assert (refused.returncode, "空格" in refused.stderr, (tmp_path / "my store").exists()) == (2, True, False)


def test_a_store_of_some_hosts_is_not_tried_out_on_one_machine(chengxin: Run, folder: Path) -> None:
    refused = chengxin("storage", "run", str(folder))
    assert (refused.returncode, "systemd" in refused.stderr) == (2, True)


def test_a_folder_without_keys_is_no_store(chengxin: Run, tmp_path: Path) -> None:
    for command in ("run", "setup"):
        refused = chengxin("storage", command, str(tmp_path))
        assert (refused.returncode, "keys.json" in refused.stderr) == (2, True)


def test_setting_up_a_store_that_does_not_run_says_so(chengxin: Run, data: Path, new: Path) -> None:
    write(data, new)  # on this machine, where no store runs
    refused = chengxin("storage", "setup", str(new))
    assert (refused.returncode, "没有建成" in refused.stderr, "Traceback" in refused.stderr) == (1, True, False)


def test_there_is_nothing_to_check_in_directories(chengxin: Run) -> None:
    refused = chengxin("storage", "check")
    assert (refused.returncode, "没有可自检的桶" in refused.stderr, refused.stdout) == (2, True, "")


@pytest.mark.parametrize("name", ["CHENGXIN_FOOTAGE_BUCKET", "CHENGXIN_FOOTAGE_COPY_BUCKET"])
def test_a_bucket_without_a_store_is_refused_loudly(data: Path, name: str) -> None:
    refused = storage(data, "check", **{name: "footage", "CHENGXIN_S3_ACCESS_KEY": "a", "CHENGXIN_S3_SECRET_KEY": "b"})
    assert refused.returncode != 0
    assert "设了影像存储桶，须同时设 CHENGXIN_S3_URL" in refused.stderr


# --- a real store ---


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with running(tmp_path_factory.mktemp("storage") / "store") as store:
        yield store


def told(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
def test_a_store_as_the_recipe_writes_it_passes_every_line(engine: Store, data: Path) -> None:
    done = storage(data, "check", **seaweed.environment(engine.recipe, engine.ports))
    assert done.returncode == 0, done.stdout + done.stderr
    found = told(done)
    assert [(each["place"], each["bucket"], each["passed"]) for each in found] == [
        ("originals", "footage", True), ("copies", "footage-copy", True),
    ]  # fmt: skip
    for each in found:
        assert len(each["lines"]) == 6
        assert [line for line in each["lines"] if not line["passed"]] == []


class OpenDoor(BaseHTTPRequestHandler):
    """What a filer without tokens is like: it does whatever it is asked."""

    def do_DELETE(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def open_door() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), OpenDoor) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.slow
def test_an_open_door_past_the_gateway_fails_the_check_and_is_named(engine: Store, data: Path) -> None:
    settings = seaweed.environment(engine.recipe, engine.ports)
    with open_door() as door:
        done = storage(data, "check", **{**settings, "CHENGXIN_STORE_FILERS": f"{settings['CHENGXIN_STORE_FILERS']},{door}"})
    assert done.returncode == 1, done.stderr
    for each in told(done):
        assert [line["what"] for line in each["lines"] if not line["passed"]] == [f"绕过网关删除 {door}"]


@pytest.mark.slow
def test_a_store_that_does_not_answer_fails_the_check(engine: Store, data: Path) -> None:
    done = storage(data, "check", **{**seaweed.environment(engine.recipe, engine.ports), "CHENGXIN_S3_URL": "https://127.0.0.1:9"})
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert [each["passed"] for each in told(done)] == [False, False]


@pytest.mark.slow
def test_a_volume_server_gives_nothing_without_a_token(engine: Store) -> None:
    """Whoever learns where a piece lies, from a disk or a log, still cannot fetch or delete it over the network."""
    engine.bucket().write(b"seen by nobody", "piece")
    addresses = list(pieces(engine))
    assert addresses
    for address in addresses:
        for method in ("GET", "DELETE"):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(urllib.request.Request(address, method=method), timeout=5)
            assert refused.value.code == 401


def pieces(engine: Store) -> Iterator[str]:
    """The address of the first piece in each volume: its number and cookie stand behind the volume's first eight bytes."""
    for path in (engine.recipe.folder / "data").glob("volume*/footage_*.dat"):
        with path.open("rb") as file:
            head = file.read(24)
        if len(head) == 24:
            cookie, number = struct.unpack(">IQ", head[8:20])
            port = engine.ports["volume"] + int(path.parent.name.removeprefix("volume"))
            yield f"http://127.0.0.1:{port}/{path.stem.partition('_')[2]},{number:x}{cookie:08x}"
