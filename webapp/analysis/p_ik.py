"""P(IK): a linear head on hidden states predicts how often a model will be right (arXiv 2207.05221, section 5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import expit

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Head:
    """sigmoid(x w + b) on states that are scaled as those it was fitted on: (x - mean) / scale."""

    weights: Floats
    bias: float
    mean: Floats
    scale: Floats

    def predict(self, states: ArrayLike) -> Floats:
        """Return [N] P(IK) of [N, D] states."""
        scaled = (np.asarray(states, dtype=np.float64) - self.mean) / self.scale
        predicted: Floats = expit(scaled @ self.weights + self.bias)
        return predicted


def loss_and_gradient(parameters: Floats, x: Floats, targets: Floats, penalty: float) -> tuple[float, Floats]:
    """Return the mean cross-entropy of soft targets plus penalty / 2 |w|^2, and its gradient [D + 1].

    `parameters` are the D weights and then the bias, which is not penalised; x is [N, D], targets [N] are fractions.
    """
    weights, logits = parameters[:-1], x @ parameters[:-1] + parameters[-1]
    loss = float(np.mean(np.logaddexp(0, logits) - targets * logits) + penalty / 2 * weights @ weights)
    slope = (expit(logits) - targets) / len(targets)
    return loss, np.append(x.T @ slope + penalty * weights, slope.sum())


def fit_parameters(x: Floats, targets: Floats, penalty: float) -> Floats:
    """Return the [D + 1] parameters at which the loss is least, by L-BFGS from zero."""
    options = {"maxiter": 2000, "ftol": 1e-14, "gtol": 1e-9}
    found = minimize(
        loss_and_gradient, np.zeros(x.shape[1] + 1), (x, targets, penalty), "L-BFGS-B", jac=True, options=options
    )
    parameters: Floats = found.x
    return parameters


def fit(states: ArrayLike, fractions: ArrayLike, penalty: float) -> Head:
    """Fit a head on [N, D] states and the [N] fractions of right samples.

    States are centred, and scaled so that the mean square length of a state is 1: the same penalty then means the
    same for models of any width.
    """
    x, targets = np.asarray(states, dtype=np.float64), np.asarray(fractions, dtype=np.float64)
    mean, spread = x.mean(axis=0), x.std(axis=0)
    varying = int(np.count_nonzero(spread))
    scale = np.where(spread > 0, spread, 1.0) * np.sqrt(max(varying, 1))
    parameters = fit_parameters((x - mean) / scale, targets, penalty)
    return Head(parameters[:-1], float(parameters[-1]), mean, scale)


def held_out(states: ArrayLike, fractions: ArrayLike, penalty: float, folds: int) -> Floats:
    """Return [N] P(IK) of every row by a head that was fitted on the other folds; row i is in fold i modulo folds."""
    x, targets = np.asarray(states, dtype=np.float64), np.asarray(fractions, dtype=np.float64)
    fold = np.arange(len(targets)) % folds
    predicted = np.empty(len(targets))
    for each in range(folds):
        own = fold == each
        predicted[own] = fit(x[~own], targets[~own], penalty).predict(x[own])
    return predicted
