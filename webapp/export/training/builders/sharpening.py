"""Sharpening (arXiv 2412.01951): the sample that the model itself rates highest, learnt or preferred; no labels."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from storage.records import Generation
from webapp.export.training.builder import Builder
from webapp.export.training.examples import Made, Pair, Refusal, Reply
from webapp.export.training.material import Case, Told, asked, cut, meta, pieces_of
from webapp.export.training.settings import TrainingSettings


def build(case: Case, settings: TrainingSettings, random: Random) -> Iterator[Made]:
    """Learn the best of n samples of a run by its summed log-probability, or prefer it to the lowest.

    No reference answer and no verdict is looked at: the rows are the same without them. The probability is that of
    the model that drew the samples, at temperature 1. Plain DPO on the pairs approximates the paper's regression on
    the reward gap. Short answers win by the sum; the mean over tokens is a setting, and not the paper's method.
    """
    for told in case.told:
        samples = [text for text in told.texts if text.role == "draft" and text.round == 0 and not text.prefix]
        if len(samples) > 1:
            yield from _best(case, settings, told, samples, random)


def _best(
    case: Case, settings: TrainingSettings, told: Told, samples: list[Generation], random: Random
) -> Iterator[Made]:
    whole = [text for text in samples if text.text.strip() and not cut(text)]
    rated = [(value, text) for text in whole if (value := _reward(settings, text)) is not None]
    if len(rated) < 2:
        yield Refusal("fewer than two complete samples with known probabilities")
        return
    ordered = sorted(rated, key=lambda each: (-each[0], each[1].branch))
    (best, chosen), (second, _) = ordered[:2]
    of_token = "" if settings.reward == "sum_logprob" else "mean_"
    known = {"n": len(rated), f"{of_token}logp_base": best, f"second_{of_token}logp": second}
    prompt = asked(case, chosen)
    yield Reply(meta(case, [(told, chosen)], "best", settings.reward), prompt, pieces_of(chosen), extra=known)
    lower = [each for each in ordered if each[0] < best]
    if not lower:
        yield Refusal("all samples have one reward, so none is better")
        return
    low, rejected = random.choice(lower) if settings.rejected == "random" else lower[-1]
    used = [(told, rejected), (told, chosen)]
    extra = {"n": len(rated), "reward_gap": best - low}
    yield Pair(meta(case, used, "best", settings.reward), prompt, pieces_of(chosen), pieces_of(rejected), extra=extra)


def _reward(settings: TrainingSettings, text: Generation) -> float | None:
    return None if text.summary is None else getattr(text.summary, settings.reward)


SHARPENING = Builder(
    "sharpening", "Best of n by self-reward (Sharpening)", "arXiv 2412.01951; methods document, section 5",
    frozenset({Reply, Pair}), build, uses=("reward", "rejected"),
)  # fmt: skip
