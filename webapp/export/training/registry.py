"""All builders and formats by name, and which goes with which."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from webapp.export.training.builder import Builder
from webapp.export.training.builders.agent_r import AGENT_R
from webapp.export.training.builders.expo import EXPO
from webapp.export.training.builders.first_vs_corrected import FIRST_VS_CORRECTED
from webapp.export.training.builders.graded import GRADED
from webapp.export.training.builders.isc import ISC
from webapp.export.training.builders.lemma import LEMMA_FIX, LEMMA_FRESH
from webapp.export.training.builders.near_misses import NEAR_MISSES
from webapp.export.training.builders.partial import PARTIAL
from webapp.export.training.builders.preferences import PREFERENCES
from webapp.export.training.builders.sharpening import SHARPENING
from webapp.export.training.builders.step_labels import STEP_LABELS
from webapp.export.training.builders.two_turn import SCORE_ROLLOUTS, TWO_TURN
from webapp.export.training.formats.format import Format
from webapp.export.training.formats.online import ONLINE
from webapp.export.training.formats.preference import DPO, REWARD
from webapp.export.training.formats.prm800k import PRM800K
from webapp.export.training.formats.prompt_completion import SFT, SFT_SPANS
from webapp.export.training.formats.stepwise import STEPWISE, STEPWISE_TOKENS
from webapp.export.training.formats.tokens import SFT_TOKENS
from webapp.export.training.formats.unpaired import KTO

_BUILDERS = (
    FIRST_VS_CORRECTED, TWO_TURN, SCORE_ROLLOUTS, ISC, LEMMA_FIX, LEMMA_FRESH, AGENT_R, STEP_LABELS, PREFERENCES,
    GRADED, SHARPENING, PARTIAL, NEAR_MISSES, EXPO,
)  # fmt: skip
_FORMATS = (SFT, SFT_SPANS, SFT_TOKENS, DPO, REWARD, KTO, STEPWISE, STEPWISE_TOKENS, PRM800K, ONLINE)

BUILDERS: Mapping[str, Builder] = MappingProxyType({each.name: each for each in _BUILDERS})
FORMATS: Mapping[str, Format] = MappingProxyType({each.name: each for each in _FORMATS})


def formats_of(builder: Builder) -> list[str]:
    """Return the names of the formats that a builder's examples can be written in."""
    return [each.name for each in _FORMATS if each.takes & builder.shapes and (each.masks or not builder.masks)]
