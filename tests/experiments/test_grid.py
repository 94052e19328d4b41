"""The order of cells, which of them an estimate is made from, and how many are worked on at once."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.experiments.grids import arm, problems, spec
from tests.runs.puppet import Puppet
from webapp.experiments import capacity, grid
from webapp.experiments.spec import SpecError


def test_every_combination_is_a_cell_and_methods_meet_on_each_problem() -> None:
    wanted = spec(models=["embedded", "owner/big"], seeds=[3, 4])
    found = list(grid.cells("e", wanted, problems(5)))
    assert [cell.position for cell in found] == list(range(40)) and grid.size(wanted, problems(5)).cells == 40
    assert len({(cell.arm, cell.model, cell.problem.id, cell.seed) for cell in found}) == 40
    for first, second in list(pairwise(found))[::2]:
        assert (first.problem, first.seed, first.model) == (second.problem, second.seed, second.model)
        assert (first.arm, second.arm) == (0, 1)
    assert [cell.model for cell in found] == ["embedded"] * 20 + ["owner/big"] * 20


def test_a_probe_takes_every_method_on_a_few_problems_with_one_seed_and_model() -> None:
    found = [cell for cell in grid.cells("e", spec(models=["a/b", "c/d"], seeds=[1, 2]), problems(50)) if cell.probe]
    assert len(found) == 2 * grid.PROBES
    assert {(cell.model, cell.seed) for cell in found} == {("a/b", 1)}
    chosen = grid.probed(problems(50))
    assert {cell.problem.id for cell in found} == chosen == grid.probed(problems(50)[::-1])
    assert chosen != {problem.id for problem in problems(50)[: grid.PROBES]}, "never simply the first"
    assert len(grid.probed(problems(2))) == 2


def test_a_grid_that_is_too_large_is_refused_with_its_size() -> None:
    with pytest.raises(SpecError, match=r"2 methods x 1 models x 5 problems x 20,001 seeds = 200,010 cells"):
        grid.size(spec().model_copy(update={"seeds": tuple(range(20_001))}), problems(5))


def test_the_engine_always_has_a_text_in_hand_for_every_slot() -> None:
    engine = Puppet()
    assert capacity.rows(engine, background=False) == 1.5 * engine.info.max_batch
    assert capacity.rows(engine, background=True) == 1.5 * engine.info.max_batch / 2
    assert capacity.texts(1) == 1 and capacity.texts(8) == 4.5
    assert capacity.room(96, [], 4.5) == 21
    assert capacity.room(96, [4.5] * 20, 4.5) == 1 and capacity.room(96, [4.5] * 21, 4.5) == 0
    assert capacity.room(1.5, [], 20) == 1, "one always may"
    assert capacity.room(1.5, [1.0], 20) == 0


def test_arms_differ_by_settings_alone() -> None:
    wanted = spec(arm(1), arm(1, temperature=0.2))
    assert [cell.method for cell in grid.cells("e", wanted, problems(1))] == ["scene_draft"] * 2
