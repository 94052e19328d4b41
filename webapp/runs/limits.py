"""The numbers that bound what runs may do, in one place."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the run service.

    Attributes:
        interactive: runs of people that go at once; further ones wait.
        background: runs of experiments that go at once, counted apart, so that a person never waits for them; how
            many are launched at all is up to the experiments, which know how many fill the engine's batch.
        run_tokens: tokens one run may generate.
        run_calls: calls to the model one run may make.
        autosave: seconds between two stores of unfinished text (the promise is two).
        lease: seconds a run counts as alive after its last renewal.
        renewal: seconds between two renewals.
        sweep: seconds between two looks for runs whose lease has expired.
        question_characters: longest question that is tokenised at all.
        stop_on_close: stop a run when its last viewer has left.
        close_grace: seconds a viewer has to come back (a reload) before that.
        recheck: seconds after which it is looked at again whether a viewer may still watch.

    """

    interactive: int = 8
    background: int = 512
    run_tokens: int = 200_000
    run_calls: int = 2_000
    autosave: float = 1.5
    lease: float = 15.0
    renewal: float = 5.0
    sweep: float = 10.0
    question_characters: int = 1_000_000
    stop_on_close: bool = False
    close_grace: float = 10.0
    recheck: float = 5.0

    def within(self, run_tokens: int | None) -> Limits:
        """Return the same bounds for a run that may generate so many tokens, if that is less."""
        return self if run_tokens is None else replace(self, run_tokens=min(run_tokens, self.run_tokens))
