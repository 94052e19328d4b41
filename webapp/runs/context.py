"""What a method is given: the run's side of `webapp.methods.interface.RunContext`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from storage.ids import new_id
from storage.records import Generation, Origin, Role, Run, Score, Span
from storage.trace import TokenTrace, concatenate, summarise
from webapp.engine.noise import uniform
from webapp.engine.policies.settings import Policy
from webapp.engine.protocol import Engine, OptionProbabilities, Prompt, Sampling
from webapp.methods.interface import CannotGoOn, MethodParams, Steered, Truncation
from webapp.runs.calls import Calls, Given, Text, blank, prompt_of
from webapp.runs.inputs import NO_TOKENS, OTHER_TOKENS, Input
from webapp.runs.oracle import RunOracle
from webapp.runs.progress import Progress
from webapp.runs.recorder import Recorder
from webapp.runs.rows import teach, unscored
from webapp.runs.spans import origins_of, spans_of
from webapp.runs.stages import Place
from webapp.tasks import graders
from webapp.tasks.question import Question


class MethodContext:
    """The RunContext of one live run."""

    def __init__(
        self,
        run: Run,
        params: MethodParams,
        engine: Engine,
        calls: Calls,
        recorder: Recorder,
        progress: Progress,
        inputs: Sequence[Input] = (),
    ) -> None:
        self._run = run
        self._params = params
        self._engine = engine
        self._calls = calls
        self._recorder = recorder
        self._progress = progress
        self._oracle = RunOracle(run.problem)
        self._inputs = inputs
        self._foreign: set[str] = set()  # copies of what another model wrote
        self._place = Place()

    @property
    def oracle(self) -> RunOracle:
        """The door to the reference answer."""
        return self._oracle

    def stage(self, params: MethodParams, *, name: str = "", after: Generation | None = None) -> Self:
        """Return this run for a method that is a part of it, with settings of its own."""
        part = copy(self)
        part._params = params
        if after is not None:
            rounds = 1 + max(g.round for g in self._recorder.generations.values())
            part._inputs, part._place = (), Place(name, rounds, after)
        return part

    async def drafts(self, question: Question, *, temperature_grid: Sequence[float] = ()) -> list[Generation]:
        """Return the first drafts: fresh ones, or those of the input run, copied."""
        if self._inputs:
            return [await self._taken(given) for given in self._inputs]
        return await self.sample_many(
            question.prompt(), self._params.samples, role="draft", label="draft", temperature_grid=temperature_grid
        )

    async def sample(
        self,
        prompt: Prompt,
        *,
        role: Role,
        label: str,
        branch: int = 0,
        round: int = 0,
        parents: Sequence[Generation] = (),
        temperature: float | None = None,
        max_tokens: int | None = None,
        stop: Sequence[str] = (),
        truncation: Truncation | None = None,
        noise_of: Generation | None = None,
        temperature_grid: Sequence[float] = (),
    ) -> Generation:
        """Draw one text; what is not given comes from the run's parameters."""
        text = self._place.text(role, label, branch, round, parents)
        key = (text.label, branch) if noise_of is None else (noise_of.label, noise_of.branch)
        sampling = self._sampling(*key, temperature, max_tokens, stop)
        sampling = replace(sampling, temperature_grid=tuple(temperature_grid))
        if truncation is not None:
            sampling = replace(sampling, **asdict(truncation))
        return (await self._calls.draw(prompt, sampling, [text]))[0]

    async def sample_many(
        self,
        prompt: Prompt,
        n: int,
        *,
        role: Role,
        label: str,
        round: int = 0,
        parents: Sequence[Generation] = (),
        temperature: float | None = None,
        max_tokens: int | None = None,
        stop: Sequence[str] = (),
        temperature_grid: Sequence[float] = (),
    ) -> list[Generation]:
        """Draw n texts of one prompt, as branches 0 to n - 1."""
        sampling = self._sampling(self._place.label(label), 0, temperature, max_tokens, stop)
        sampling = replace(sampling, temperature_grid=tuple(temperature_grid))
        texts = [self._place.text(role, label, i, round, parents) for i in range(n)]
        return await self._calls.draw(prompt, sampling, texts)

    async def continue_from(
        self,
        generation: Generation,
        ids: Sequence[int],
        *,
        role: Role,
        label: str,
        branch: int = 0,
        round: int = 0,
        parents: Sequence[Generation] = (),
        temperature: float | None = None,
        max_tokens: int | None = None,
        stop: Sequence[str] = (),
        redraw: int = 0,
        truncation: Truncation | None = None,
        own: int | None = None,
    ) -> Generation:
        """Continue inside the same assistant message; ids that are not the generation's own count as injected."""
        if generation.id in self._foreign:
            raise CannotGoOn(OTHER_TOKENS)
        trace = self.trace(generation)
        own = min(_common(trace.ids.tolist(), ids), len(ids) if own is None else own)
        rows = concatenate([trace.slice(0, own), unscored(ids[own:], self._engine.piece, trace)])
        others: list[Origin] = ["injected"] * (len(ids) - own)
        origins = [*origins_of(trace, generation.spans)[:own], *others]
        prompt = prompt_of(generation).continuing(ids)
        text = self._place.text(role, label, branch, round, [generation, *parents])
        sampling = self._sampling(text.label, branch, temperature, max_tokens, stop, truncation)
        sampling = replace(sampling, redraw=redraw)
        return (await self._calls.draw(prompt, sampling, [text], given=Given(rows, origins)))[0]

    async def steer(
        self,
        prompts: Prompt | Sequence[Prompt],
        policy: Policy,
        n: int = 1,
        *,
        role: Role,
        label: str,
        branch: int = 0,
        round: int = 0,
        parents: Sequence[Generation] = (),
        drafts: Sequence[Generation] = (),
        temperature: float | None = None,
        max_tokens: int | None = None,
        stop: Sequence[str] = (),
        truncation: Truncation | None = None,
    ) -> Steered:
        """Draw n texts as a policy says, as branches from `branch` on."""
        sampling = self._sampling(self._place.label(label), branch, temperature, max_tokens, stop, truncation)
        above = [[*drafts[i : i + 1], *parents] for i in range(n)]
        texts = [self._place.text(role, label, branch + i, round, above[i]) for i in range(n)]
        asked = [prompts] if isinstance(prompts, Prompt) else list(prompts)
        return await self._calls.steer(asked, policy, sampling, texts)

    async def repeat(
        self, generation: Generation, trace: TokenTrace | None, parents: Sequence[Generation]
    ) -> Generation:
        """Copy a text of an earlier run below copies of its parents."""
        return await self._recorder.copy(generation, trace, parents)

    async def write(self, prompt: Prompt, text: Text, words: str, given: Given | None) -> Generation:
        """Store what a person wrote, with its tokens where they are known; nothing is drawn."""
        rows, origins = (None, ()) if given is None else (given.rows, given.origins)
        size = len(words.encode())
        spans = (Span(0, size, "person"),) if rows is None else spans_of(rows, origins, size)
        done = blank(prompt, text).with_(text=words, spans=spans, status="finished", finish_reason="given")
        return await self._recorder.write(
            done.with_(summary=None if rows is None else summarise(rows)), rows, origins
        )

    async def go_on(self, prompt: Prompt, text: Text, given: Given) -> Generation:
        """Draw the rest of a message that begins with given tokens."""
        ids = given.rows.ids.tolist()
        sampling = self._sampling(text.label, text.branch, None, None, ())
        return (await self._calls.draw(prompt.continuing(ids), sampling, [text], given))[0]

    async def restate(
        self,
        generation: Generation,
        *,
        role: Role,
        label: str,
        round: int = 0,
        parents: Sequence[Generation] = (),
    ) -> Generation:
        """Say a text of this run again in another role, at no cost."""
        text = self._place.text(role, label, generation.branch, round, parents)
        again = generation.with_(role=text.role, label=text.label, round=text.round, parents=text.parents)
        return await self._recorder.restate(again, self.trace(generation))

    async def choose(
        self, prompt: Prompt, options: Sequence[Sequence[str]], *, prefix: str = ""
    ) -> OptionProbabilities:
        """Return the mass of each option after the prompt and `prefix` inside the assistant's message."""
        return await self._calls.choose(prompt, options, prefix)

    async def score(self, prompt: Prompt, generation: Generation) -> TokenTrace:
        """Teacher-force a generation's tokens after another prompt."""
        return await self._calls.score(prompt, self.trace(generation).ids.tolist())

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return [N, D] mean-pooled hidden states."""
        return await self._calls.embed(texts)

    async def hidden(self, prompt: Prompt, *, layer: int) -> NDArray[np.float32]:
        """Return [D] the state of the prompt's last token after so many layers."""
        return await self._calls.hidden(prompt, layer)

    async def lens(
        self,
        prompt: Prompt,
        options: Sequence[Sequence[str]],
        *,
        prefix: str = "",
        head: tuple[int, int] | None = None,
    ) -> NDArray[np.float64]:
        """Return [L + 1, options] what each layer would answer after the prompt and `prefix`."""
        return await self._calls.lens(prompt, options, prefix, head)

    async def record_score(
        self,
        name: str,
        value: float | None,
        *,
        how: str,
        about: Generation | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep a named number about a generation, or about the run."""
        subject = None if about is None else about.id
        score = Score(new_id(), self._run.id, subject, name, value, how, datetime.now(UTC), dict(details or {}))
        await self._recorder.score(score)

    async def earlier(self, name: str) -> list[float]:
        """Return the values of a score in earlier runs of this method and model on other problems."""
        return await self._recorder.earlier(name)

    def trace(self, generation: Generation) -> TokenTrace:
        """Return the token trace of a generation of this run."""
        if (trace := self._recorder.traces.get(generation.id)) is None:
            raise CannotGoOn(NO_TOKENS)
        return trace

    def tokenize(self, text: str) -> tuple[int, ...]:
        """Return the token ids of text as it stands inside an assistant message."""
        return self._engine.tokenize(text)

    def chance(self, label: str, *, branch: int = 0, number: int = 0) -> float:
        """Return a number in [0, 1) for a decision of the method itself."""
        # No text has such a label, so no token is drawn with the same number.
        return uniform(self._sampling(f"decision: {self._place.label(label)}", branch, None, None, ()), 0, number)

    def room(self, prompt: Prompt) -> int:
        """Return how many tokens the model's context has left after a prompt."""
        return self._engine.info.record.context_length - self.length(prompt)

    def length(self, prompt: Prompt) -> int:
        """Return how many tokens a prompt takes."""
        return self._engine.count_tokens(prompt)

    def extract(self, text: str) -> str | None:
        """Return the canonical answer that a text states, or None."""
        return graders.extract(self._run.problem.kind, text, self._run.problem.choices)

    def same(self, a: str, b: str) -> bool:
        """Say whether two extracted answers mean the same."""
        return graders.same(self._run.problem.kind, a, b, self._run.problem.choices)

    def doing(self, what: str) -> None:
        """Tell the page what the method is doing now."""
        self._progress.doing(self._place.label(what))

    async def _taken(self, given: Input) -> Generation:
        """Copy a text of the input run; the engine learns from the tokens of its own model alone what they spell."""
        if given.own and given.trace is not None:
            teach(self._engine, given.trace)
        copied = await self._recorder.copy(given.generation, given.trace)
        if not given.own:
            self._foreign.add(copied.id)
        return copied

    def _sampling(
        self,
        label: str,
        first: int,
        temperature: float | None,
        max_tokens: int | None,
        stop: Sequence[str],
        truncation: Truncation | None = None,
    ) -> Sampling:
        given = self._params
        sampling = Sampling(
            temperature=given.temperature if temperature is None else temperature,
            top_p=given.top_p,
            top_k=given.top_k,
            min_p=given.min_p,
            top_h=given.top_h,
            top_h_variant=given.top_h_variant,
            eta=given.eta,
            max_tokens=given.max_tokens if max_tokens is None else max_tokens,
            stop=tuple(stop),
            seed=self._run.seed,
            problem=self._run.problem.id,
            label=label,
            first_sample=first,
        )
        return sampling if truncation is None else replace(sampling, **asdict(truncation))


def _common(own: Sequence[int], ids: Sequence[int]) -> int:
    """Return how many ids two sequences share from the start."""
    return next((i for i, (a, b) in enumerate(zip(own, ids, strict=False)) if a != b), min(len(own), len(ids)))
