"""What a run has cost so far, and the bound it may not pass."""

from __future__ import annotations

from storage.records import Cost


class BudgetSpent(Exception):
    """A run asked for more than it may have, as a sentence for the person who started it."""


class Budget:
    """Counts the tokens and calls of one run and refuses those beyond its bound.

    `expected` is what the run will have generated when every text begun so far is as long as it may be.
    """

    def __init__(self, tokens: int, calls: int) -> None:
        self._tokens = tokens
        self._calls = calls
        self.spent = Cost()
        self._open = 0
        self._planned = 0

    @property
    def expected(self) -> int:
        """Tokens at most after the texts begun so far, or after the planned ones if these are more."""
        return max(self._planned, self.spent.generated_tokens + self._open)

    def plan(self, tokens: int) -> None:
        """Say beforehand how many tokens will be asked for, so that a progress bar starts at its full length."""
        self._planned = self.spent.generated_tokens + tokens

    def reserve(self, tokens: int) -> None:
        """Take a call of at most this many new tokens into account.

        Raises:
            BudgetSpent: when the run's bound does not allow it.

        """
        if self.spent.calls >= self._calls:
            raise BudgetSpent(f"The run has made its {self._calls} calls to the model and was stopped.")
        if self.spent.generated_tokens + self._open + tokens > self._tokens:
            raise BudgetSpent(
                f"The run may generate {self._tokens} tokens; after {self.spent.generated_tokens} it asked for "
                f"{self._open + tokens} more and was stopped."
            )
        self._open += tokens

    def settle(self, reserved: int, cost: Cost) -> None:
        """Replace a reservation by what the call really took."""
        self._open -= reserved
        self._planned = max(0, self._planned - (reserved - cost.generated_tokens))
        self.spent += cost
