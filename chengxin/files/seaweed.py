"""SeaweedFS locked down: certificates, tokens and start commands of a store whose only door is its S3 gateway.

Object Lock lives in the gateway alone. Whoever reaches the filer or the volume servers goes round it, so those take nothing
without a signed token (HTTP) and a certificate of the store's own authority (gRPC). The one its shell would need lies on the
gateway's host only.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from chengxin.core.processes import Program
from chengxin.files.bucket import Access

ROLES = ("master", "volume", "filer", "s3")
VALID = dt.timedelta(days=3650)
PORTS = {"master": 9333, "volume": 8080, "filer": 8888, "s3": 8333}
GRPC = 10000  # the gRPC port of a role is its port and this
# MB of a volume: the engine takes them several at once for each bucket, so a machine to try things out gets small ones
VOLUME_MB, SMALL_VOLUME_MB = 30_000, 512


@dataclass(frozen=True)
class Keys:
    """A pair of the gateway's credentials."""

    access: str
    secret: str

    @classmethod
    def new(cls) -> Keys:
        return cls(secrets.token_hex(10), secrets.token_urlsafe(30))


@dataclass(frozen=True)
class Recipe:
    """A store on some hosts: each runs a volume server, the first three also a master, the first the filer and the gateway."""

    folder: Path
    hosts: tuple[str, ...]
    buckets: tuple[str, ...]
    application: Keys
    keeper: Keys  # makes buckets and nothing else; not given to the application

    @property
    def masters(self) -> tuple[str, ...]:
        """Three agree by majority; two could not do without either, so a store of two hosts has one."""
        return self.hosts[: 3 if len(self.hosts) > 2 else 1]


def write(folder: Path, hosts: Sequence[str], buckets: Sequence[str]) -> Recipe:
    """Write everything a store needs into a folder that does not exist yet. Raises FileExistsError."""
    folder.mkdir(parents=True, mode=0o700)
    recipe = Recipe(folder, tuple(hosts), tuple(buckets), Keys.new(), Keys.new())
    _certificates(folder, hosts)
    security = _security(folder)
    _write(folder / "security.toml", security)
    (folder / "gateway").mkdir(mode=0o700)
    # the gateway calls the filer as a client, and so would the engine's shell: that certificate is named in its folder only
    _write(folder / "gateway" / "security.toml", security + "\n" + _role(folder, "client", "s3"))
    _write(folder / "s3.json", json.dumps(_identities(recipe), indent=1))
    # the filer's table of names: beside the data by default
    _write(folder / "filer.toml", f'[leveldb3]\nenabled = true\ndir = "{folder / "data" / "filer"}"\n')
    _write(
        folder / "keys.json",
        json.dumps(
            {"hosts": recipe.hosts, "buckets": recipe.buckets, "application": vars(recipe.application), "keeper": vars(recipe.keeper)},
            indent=1,
        ),
    )
    return recipe


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def commands(
    recipe: Recipe, host: str, ports: dict[str, int] | None = None, *, volumes: int = 1, replication: str = ""
) -> dict[str, list[str]]:
    """What runs on one host, by name; several volume servers on one host only to try things out.

    ``replication`` as the engine writes it: "001" another server of the same rack, "010" another rack.
    """
    ports = ports or PORTS
    at, data = ["-ip", host, "-ip.bind", host], recipe.folder / "data"
    masters = ",".join(f"{each}:{ports['master']}.{ports['master'] + GRPC}" for each in recipe.masters)
    found: dict[str, list[str]] = {}
    if host in recipe.masters:
        peers = masters if "," in masters else "none"
        found["master"] = [
            "master", *at, "-port", str(ports["master"]), "-mdir", str(data / "master"), "-peers", peers,
            "-volumeSizeLimitMB", str(SMALL_VOLUME_MB if volumes > 1 else VOLUME_MB), "-disableHttp", "-telemetry=false",
            "-defaultReplication", replication or ("010" if len(recipe.hosts) > 1 else "000"),
        ]  # fmt: skip
    for number in range(volumes):
        rack = "rack" if volumes > 1 else f"rack{recipe.hosts.index(host)}"
        found[f"volume{number}"] = [
            "volume", *at, "-port", str(ports["volume"] + number), "-dir", str(data / f"volume{number}"), "-master", masters,
            "-max", "0", "-rack", rack,
        ]  # fmt: skip
    if host == recipe.hosts[0]:
        gateway = recipe.folder / "certificates" / "gateway"
        found["filer"] = [
            "filer", *at, "-port", str(ports["filer"]), "-master", masters, "-disableDirListing", "-exposeDirectoryData=false",
        ]  # fmt: skip
        found["s3"] = [
            "s3", "-ip.bind", host, "-port", str(ports["s3"]), "-filer", f"{host}:{ports['filer']}.{ports['filer'] + GRPC}", "-config",
            str(recipe.folder / "s3.json"), "-cert.file", f"{gateway}.crt", "-key.file", f"{gateway}.key",
            "-autoCreateBucket=false", "-iam=false", "-allowDeleteBucketNotEmpty=false", "-port.iceberg", "0", "-port.lance", "0",
        ]  # fmt: skip
    return found


def working_folder(recipe: Recipe, name: str) -> Path:
    """Where a program is started: it reads the security.toml there."""
    return recipe.folder / "gateway" if name == "s3" else recipe.folder


def read(folder: Path) -> Recipe:
    """The recipe that was written into a folder. Raises FileNotFoundError, also where its keys do not lie."""
    kept = json.loads((folder / "keys.json").read_text(encoding="utf-8"))
    return Recipe(folder, tuple(kept["hosts"]), tuple(kept["buckets"]), Keys(**kept["application"]), Keys(**kept["keeper"]))


def access(recipe: Recipe, keys: Keys, ports: dict[str, int] | None = None) -> Access:
    """How one speaks to the gateway."""
    url = f"https://{recipe.hosts[0]}:{(ports or PORTS)['s3']}"
    return Access(url, keys.access, keys.secret, authority=str(recipe.folder / "certificates" / "authority.crt"))


def environment(recipe: Recipe, ports: dict[str, int] | None = None) -> dict[str, str]:
    """The application's settings for this store."""
    to, at = access(recipe, recipe.application, ports), ports or PORTS
    return {
        "CHENGXIN_S3_URL": to.url, "CHENGXIN_S3_ACCESS_KEY": to.access_key, "CHENGXIN_S3_SECRET_KEY": to.secret_key,
        "CHENGXIN_S3_CA": to.authority, "CHENGXIN_FOOTAGE_BUCKET": recipe.buckets[0], "CHENGXIN_FOOTAGE_COPY_BUCKET": recipe.buckets[1],
        "CHENGXIN_STORE_FILERS": f"http://{recipe.hosts[0]}:{at['filer']}",
        "CHENGXIN_STORE_MASTERS": ",".join(f"http://{host}:{at['master']}" for host in recipe.masters),
    }  # fmt: skip


def programs(recipe: Recipe, program: str, volumes: int, ports: dict[str, int] | None = None) -> list[Program]:
    """The whole store on one machine, to try it out: each object on two of the volume servers."""
    for folder in folders(recipe, volumes):
        folder.mkdir(parents=True, exist_ok=True)
    found = commands(recipe, recipe.hosts[0], ports, volumes=volumes, replication="001")
    return [Program(name, [program, "-logtostderr", *words], {}, working_folder(recipe, name)) for name, words in found.items()]


def folders(recipe: Recipe, volumes: int = 1) -> list[Path]:
    """Where the data of a host lies."""
    names = ["master", "filer", *(f"volume{number}" for number in range(volumes))]
    return [recipe.folder / "data" / name for name in names]


def units(recipe: Recipe, host: str, program: str) -> dict[str, str]:
    """systemd units of one host, by file name."""
    return {
        f"chengxin-store-{name}.service": UNIT.format(
            name=name, folder=recipe.folder, where=working_folder(recipe, name), command=" ".join([program, "-logtostderr", *words])
        )
        for name, words in commands(recipe, host).items()
    }


UNIT = """[Unit]
Description=城心影像存储 {name}
Wants=network-online.target
After=network-online.target

[Service]
User=chengxin-store
WorkingDirectory={where}
ExecStart={command}
Restart=always
RestartSec=3
LimitNOFILE=65536
UMask=0077
NoNewPrivileges=yes
# the filer and the gateway each want a socket in /tmp, which is read-only without this
PrivateTmp=yes
ProtectSystem=strict
ReadWritePaths={folder}/data

[Install]
WantedBy=multi-user.target
"""


def _identities(recipe: Recipe) -> dict[str, object]:
    """The application reads and writes its buckets and sets locks; it may neither go round a lock nor make a bucket."""
    doing = ("Read", "Write", "List", "Tagging", "GetObjectRetention", "PutObjectRetention", "GetBucketObjectLockConfiguration")
    may = [f"{action}:{bucket}" for bucket in recipe.buckets for action in doing]
    return {
        "identities": [
            {"name": "chengxin", "credentials": [_credentials(recipe.application)], "actions": may},
            {"name": "keeper", "credentials": [_credentials(recipe.keeper)], "actions": ["Admin"]},
        ]
    }


def _credentials(keys: Keys) -> dict[str, str]:
    return {"accessKey": keys.access, "secretKey": keys.secret}


def _security(folder: Path) -> str:
    tokens = [f'[jwt.{name}]\nkey = "{secrets.token_urlsafe(32)}"\n' for name in TOKENS]
    authority = f'[grpc]\nca = "{folder}/certificates/authority.crt"\n'
    roles = [_role(folder, role, role) for role in ROLES]
    return "\n".join([*tokens, "[access]\nui = false\n", "[filer.expose_directory_metadata]\nenabled = false\n", authority, *roles])


def _role(folder: Path, role: str, certificate: str) -> str:
    place = folder / "certificates" / certificate
    return f'[grpc.{role}]\ncert = "{place}.crt"\nkey = "{place}.key"\nallowed_commonNames = "{",".join(ROLES)}"\n'


TOKENS = ("signing", "signing.read", "filer_signing", "filer_signing.read")


# --- certificates ---


def _certificates(folder: Path, hosts: Sequence[str]) -> None:
    """An authority of the store's own, one certificate a role, and one for the gateway's HTTPS."""
    place = folder / "certificates"
    place.mkdir(mode=0o700)
    authority = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "chengxin store")])
    root = _certificate(name, authority, name, authority, hosts=(), is_authority=True)
    _keep(place / "authority", authority, root)
    for each in (*ROLES, "gateway"):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)])
        _keep(place / each, key, _certificate(subject, key, name, authority, hosts=hosts, is_authority=False))
    (place / "authority.key").unlink()  # nobody is to make another certificate; a new host is a new recipe's certificates


def _certificate(
    subject: x509.Name, key: ec.EllipticCurvePrivateKey, issuer: x509.Name, by: ec.EllipticCurvePrivateKey, *,
    hosts: Sequence[str], is_authority: bool,
) -> x509.Certificate:  # fmt: skip
    now = dt.datetime.now(dt.UTC)
    building = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(hours=1)).not_valid_after(now + VALID)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )  # fmt: skip
    if hosts:
        building = building.add_extension(x509.SubjectAlternativeName([_named(host) for host in hosts]), critical=False)
        uses = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        building = building.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
    return building.sign(by, hashes.SHA256())


def _named(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _keep(path: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    form, kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path.with_suffix(".crt").write_bytes(certificate.public_bytes(form))
    path.with_suffix(".key").touch(mode=0o600)
    path.with_suffix(".key").write_bytes(key.private_bytes(form, kind, serialization.NoEncryption()))
