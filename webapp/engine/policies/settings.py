"""The policies that may steer how tokens are drawn, by their settings: plain values that a method names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """What all of them are."""


@dataclass(frozen=True, slots=True)
class Unsteered(Policy):
    """Draws as `generate` does."""


@dataclass(frozen=True, slots=True)
class Resampling:
    """When particles are resampled: looked at every so many tokens, if worth less than this share of them."""

    threshold: float = 0.5
    every: int = 16


@dataclass(frozen=True, slots=True)
class Power(Policy):
    """Weighs particles towards p(text)^alpha.

    The exponent reaches `alpha` after `ramp` tokens; with `follows` tokens are drawn at its inverse as it grows.
    """

    alpha: float
    ramp: int = 0
    follows: bool = False
    resampling: Resampling = Resampling()


@dataclass(frozen=True, slots=True)
class Product(Policy):
    """Draws from the product of what follows each prompt, to these powers."""

    exponents: tuple[float, ...]
    resampling: Resampling = Resampling()


@dataclass(frozen=True, slots=True)
class Repel(Policy):
    """Draws away from where earlier texts went, for `depth` tokens; `epsilon` is the prior weight of the base law."""

    alpha: float
    epsilon: float
    depth: int


@dataclass(frozen=True, slots=True)
class SRGen(Policy):
    """Corrects a token where the entropy spikes; see `policies.spikes` and `policies.srgen` for what these are."""

    window: int = 25
    factor: float = 4.0
    least_deviation: float = 0.5
    least_threshold: float = 1.8
    before: float = 3.0
    most: int = 20
    steps: int = 3
    balance: float = 0.05
    rate: float = 0.01
    positions: int = 512


@dataclass(frozen=True, slots=True)
class SoftThinking(Policy):
    """Thinks in mixtures of tokens until the marker, then draws; `closing` are the tokens put in where it must end.

    A mixture keeps of softmax(l / temperature) the `top_k`, then `top_p`, then what has `min_p` of the largest share,
    then the `widest` most probable tokens; with `draws` it is instead the mean of so many tokens drawn from it.
    `insists` puts `closing` in the place of a token that would end the text while it thinks.
    """

    marker: str
    closing: tuple[int, ...]
    temperature: float = 0.6
    top_k: int = 30
    top_p: float = 0.95
    min_p: float = 0.001
    widest: int = 10
    cold: float = 0.01
    patience: int = 256
    longest: int = 1024
    draws: int = 0
    insists: bool = False
