"""Turns a GGUF file into a safetensors folder; run as a process: `python -m webapp.models.convert FILE FOLDER DTYPE`.

A process of its own gives its memory back, can be stopped, and cannot take the server down with it.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FAILED = 3

# llama.cpp splits numbers into single digits before anything else for these vocabularies (its llama-vocab.cpp);
# transformers 5.23 knows other pre-tokenizers of GGUF files, but not this one.
_SINGLE_DIGITS = frozenset({"smollm", "starcoder", "refact", "command-r", "codeshell", "exaone"})


def convert(source: Path, folder: Path, dtype: str) -> None:
    """Write the model and the tokenizer of a GGUF file to a folder, weights unpacked to `dtype`.

    Raises:
        ValueError, KeyError, OSError: from transformers or gguf, for files that they cannot read.

    """
    import gguf
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    # transformers parses the header anew for the tokenizer, the configuration and the weights; that takes
    # seconds each time for a large vocabulary.
    gguf.GGUFReader = cache(gguf.GGUFReader)  # type: ignore[misc, assignment]
    tokenizer = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name, local_files_only=True)
    _split_digits(source, tokenizer.backend_tokenizer)
    tokenizer.save_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(
        source.parent,
        gguf_file=source.name,
        dtype=getattr(torch, dtype),
        quantization_config=GgufConfig(dequantize=True),
        local_files_only=True,
    )
    # The weights are plain now; saving them as a quantised model would be refused, and loading them slow.
    model.hf_quantizer = None  # type: ignore[assignment]
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.save_pretrained(folder)


def _split_digits(source: Path, tokenizer: Tokenizer) -> None:
    import gguf
    from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence

    field = gguf.GGUFReader(str(source)).get_field("tokenizer.ggml.pre")
    if field is not None and field.contents() in _SINGLE_DIGITS:
        tokenizer.pre_tokenizer = Sequence(
            [Digits(individual_digits=True), ByteLevel(add_prefix_space=False, use_regex=True)]
        )


def main(arguments: list[str]) -> int:
    """Convert, and leave the reason of a failure as the last line of the output."""
    source, folder, dtype = Path(arguments[0]), Path(arguments[1]), arguments[2]
    try:
        convert(source, folder, dtype)
    except Exception as error:
        print(f"{type(error).__name__}: {error}".splitlines()[0], flush=True)
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
