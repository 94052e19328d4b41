"""What can be set: by the command line, else by SECOND_THOUGHTS_... environment variables, else the defaults."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, CliApp, CliSettingsSource, SettingsConfigDict

from webapp.paths import user_cache_folder, user_data_folder

DeviceChoice: TypeAlias = Literal["auto", "cpu", "cuda", "mps"]
DtypeChoice: TypeAlias = Literal["auto", "float32", "bfloat16", "float16", "int8"]
OnClose: TypeAlias = Literal["continue", "stop"]

ENVIRONMENT_PREFIX = "SECOND_THOUGHTS_"
_PATH = re.compile(r"(/[A-Za-z0-9._-]+)*")


class SettingsError(Exception):
    """Settings that cannot be used, as sentences for the person who gave them."""


class Settings(BaseSettings):
    """Explore how language models correct themselves, token by token and round by round.

    Each option is also an environment variable; the command line wins over it.
    """

    model_config = SettingsConfigDict(env_prefix=ENVIRONMENT_PREFIX, env_ignore_empty=True, extra="ignore")

    model: str = Field(
        "embedded",
        description="the model to start with: 'embedded' (SmolLM2-135M-Instruct), a Hugging Face Hub id such as "
        "Qwen/Qwen3-1.7B (downloaded when it is asked for), a folder, a .gguf file, or an http(s):// server",
    )
    model_key: SecretStr | None = Field(
        None,
        description="the key of the server that --model names, sent to no other (safer given by its environment "
        "variable)",
    )
    host: str = Field(
        "127.0.0.1",
        description="address to listen on; one that other machines can reach needs --password, --auth-file or "
        "--allow-remote",
    )
    port: int = Field(7860, ge=1, le=65535, description="port to listen on")
    password: SecretStr | None = Field(
        None, description="ask every visitor for this password (safer given by its environment variable)"
    )
    auth_file: Path | None = Field(
        None,
        description="let only the people of this file in, each with sessions of their own; "
        "'python -m webapp.auth add NAME --auth-file FILE' writes it",
    )
    allow_remote: bool = Field(
        False, description="let other machines in without a password: anyone who reaches the address is let in"
    )
    allow_host: str = Field(
        "",
        description="names under which a proxy passes requests on, separated by commas, for example lab.example; a "
        "server that listens on this machine alone answers under no others; needs what --host needs",
    )
    root_path: str = Field("", description="path below which a proxy shows this server, for example /second-thoughts")
    open_browser: bool = Field(False, description="open the page in the default browser at start")
    data_dir: Path = Field(user_data_folder(), description="folder of the database and its backup copies")
    database: str | None = Field(
        None,
        description="address of a PostgreSQL database, for example postgresql://user@host/name "
        "(default: an SQLite file in the data folder)",
    )
    cache_dir: Path = Field(
        user_cache_folder(),
        description="folder of converted models; safe to delete, it is filled again when needed",
    )
    device: DeviceChoice = Field("auto", description="where the model runs; auto takes a GPU when there is one")
    dtype: DtypeChoice = Field(
        "auto",
        description="number format of the weights; auto is bfloat16 on a GPU, float16 with float32 arithmetic on an "
        "x86 CPU, float32 on others; int8 takes half the memory on a CPU and rounds more",
    )
    threads: int = Field(0, ge=0, le=1024, description="CPU threads of the model; 0 leaves it to PyTorch")
    max_batch: int = Field(
        0, ge=0, le=512, description="sequences decoded together at most; 0 picks by device and memory"
    )
    memory: float = Field(
        0, ge=0, description="gigabytes that weights and caches may take together; 0 leaves it to the engine"
    )
    on_close: OnClose = Field(
        "continue", description="what happens to a run when the last page that watches it closes"
    )

    @field_validator("data_dir", "cache_dir", "auth_file")
    @classmethod
    def _absolute(cls, place: Path | None) -> Path | None:
        return None if place is None else place.expanduser().absolute()

    @field_validator("root_path")
    @classmethod
    def _path(cls, path: str) -> str:
        path = path.rstrip("/")
        if not _PATH.fullmatch(path):
            raise ValueError("It begins with a slash and has only letters, digits and . _ - between slashes")
        return path

    @model_validator(mode="after")
    def _remote_is_deliberate(self) -> Settings:
        asks = self.password is not None or self.auth_file is not None
        way = f"--host {self.host}" if self.reaches_beyond_this_machine else f"--allow-host {self.allow_host}"
        if (self.reaches_beyond_this_machine or self.allowed_hosts) and not asks and not self.allow_remote:
            raise ValueError(
                f"{way} can be reached from other machines: also give --password or --auth-file, or "
                "--allow-remote if anyone who reaches it may use it"
            )
        return self

    @model_validator(mode="after")
    def _one_way_in(self) -> Settings:
        if self.password is not None and self.auth_file is not None:
            raise ValueError(
                "--password is one for everybody, with --auth-file each has another: give one of the two"
            )
        return self

    @property
    def reaches_beyond_this_machine(self) -> bool:
        """Whether the host is anything but a loopback address."""
        if self.host == "localhost":
            return False
        try:
            return not ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return True

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """The names under which proxies pass requests on, beside those of the address that is listened on."""
        return frozenset(name.strip().lower() for name in self.allow_host.split(",") if name.strip())

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL of the database."""
        return self.database or f"sqlite:///{(self.data_dir / 'second_thoughts.db').as_posix()}"


def read_settings(arguments: Sequence[str], program: str = "python app.py") -> Settings:
    """Read the command line, which is that of a program, and the environment.

    Raises:
        SettingsError: with one sentence a line for every value that cannot be used.
        SystemExit: for --help and for options that do not exist.

    """
    source: CliSettingsSource[Settings] = CliSettingsSource(
        Settings,
        cli_prog_name=program,
        cli_kebab_case=True,
        cli_implicit_flags=True,
        cli_hide_none_type=True,
        cli_avoid_json=True,
        cli_show_env_vars=True,
    )
    try:
        return CliApp.run(Settings, cli_args=list(arguments), cli_settings_source=source)
    except ValidationError as error:
        raise SettingsError(_sentences(error)) from None


def _sentences(error: ValidationError) -> str:
    return "\n".join(_sentence(item["loc"], item["msg"], item.get("input")) for item in error.errors())


def _sentence(location: tuple[int | str, ...], message: str, given: object) -> str:
    text = message.removeprefix("Value error, ")
    if not location:
        return text[0].upper() + text[1:] + "."
    name = str(location[0]).removeprefix(ENVIRONMENT_PREFIX.lower())
    option = f"--{name.replace('_', '-')} ({ENVIRONMENT_PREFIX}{name.upper()})"
    return f"{option} cannot be {given!r}: {text[0].lower() + text[1:]}."
