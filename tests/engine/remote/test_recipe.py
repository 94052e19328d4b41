"""The README's recipe for big models names options that vLLM knows."""

from __future__ import annotations

import re
import subprocess

from tests.engine.remote import vllm

HEADING = "## A server instead of a local model"
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


def recipe() -> list[str]:
    """Return the commands of the README that start vLLM, and what its text says of its options."""
    text = (vllm.ROOT / "README.md").read_text("utf-8")
    section = text[text.index(HEADING) :].split("\n## ", 1)[0]
    return [line for line in section.splitlines() if line.startswith("vllm serve")]


def test_every_option_is_one_of_vllms():
    commands = recipe()
    asked = {option for line in commands for option in OPTION.findall(line)} | {
        "--logprobs-mode",
        "--data-parallel-size",
    }
    assert {"--tensor-parallel-size", "--pipeline-parallel-size", "--distributed-executor-backend"} <= asked
    told = subprocess.run(
        [vllm.python(), "-m", vllm.PROGRAM, "--help=all"],
        env=vllm.environment(), capture_output=True, text=True, timeout=vllm.PATIENCE, check=True,
    )  # fmt: skip
    assert asked <= set(OPTION.findall(told.stdout))
