"""Every figure of a comparison equals what is computed again from its exported tables, by other means."""

from __future__ import annotations

import asyncio
import io
import shutil
from collections.abc import Iterator
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.metrics import brier_score_loss, roc_auc_score
from statsmodels.stats.multitest import multipletests

from storage.database import Database
from tests.reports import made
from webapp.reports.comparison import Comparing
from webapp.reports.table_file import as_csv
from webapp.runs.request import BadRequest
from webapp.runs.selected.service import Comparisons, Wanted

WANTED = Wanted(sessions=("s1",))
LOWER = {"mean_entropy", "max_entropy", "last_entropy", "tokens"}


@pytest.fixture(scope="module")
def comparing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Comparing]:
    database = Database.open(tmp_path_factory.mktemp("made") / "runs.db")
    asyncio.run(database.write(made.store))
    yield Comparing(Comparisons(database, "local"))
    asyncio.run(database.close())


def table(comparing: Comparing, key: str, of: int = 0, score: str | None = None) -> pd.DataFrame:
    """Return an exported table as pandas reads its file, every text as it was."""
    found = asyncio.run(comparing.table(WANTED, key, "generated_tokens", of, score))
    return pd.read_csv(io.StringIO(as_csv(found)), keep_default_na=False, na_values=[""])


def opened(comparing: Comparing) -> dict[str, Any]:
    return asyncio.run(comparing.opened(WANTED, "generated_tokens"))


def part(comparing: Comparing, key: str, of: int | None = None) -> dict[str, Any]:
    told = opened(comparing) if of is None else asyncio.run(comparing.texts(WANTED, of, None))
    return next(each for each in told["parts"] if each["key"] == key)


@pytest.fixture(scope="module")
def runs(comparing: Comparing) -> pd.DataFrame:
    found = table(comparing, "runs")
    return found.assign(was=found["first"] == "correct", ended=found["last"] == "correct")


@pytest.fixture(scope="module")
def texts(comparing: Comparing) -> pd.DataFrame:
    found = table(comparing, "texts")
    return found.assign(good=found["right"] == "yes", draft=found["first draft"] == "yes")


def test_sides(comparing: Comparing, runs: pd.DataFrame) -> None:
    shown = table(comparing, "sides").set_index("Side")
    for side, own in runs.groupby("side"):
        row = shown.loc[side]
        assert (row["runs"], row["problems"]) == (len(own), own["problem"].nunique())
        assert row["first"] == pytest.approx(own["was"].mean())
        assert row["last"] == pytest.approx(own["ended"].mean())
        assert row["change"] == pytest.approx(100 * (own["ended"].mean() - own["was"].mean()))
        assert row["unread"] == (own["last"] == "unparsed").sum()
        for name, column in (("tokens", "generated tokens"), ("calls", "calls"), ("seconds", "seconds")):
            assert row[name] == pytest.approx(own[column].mean())
        error = np.sqrt(row["last"] * (1 - row["last"]) / len(own))  # of a share, for large n
        assert row["from"] == pytest.approx(row["last"] - 1.96 * error, abs=0.06)
        assert row["to"] == pytest.approx(row["last"] + 1.96 * error, abs=0.06)


def test_transitions(comparing: Comparing, runs: pd.DataFrame) -> None:
    shown = table(comparing, "transitions").set_index("Side")
    word = {True: "right", False: "wrong"}
    for side, own in runs.groupby("side"):
        counted = pd.crosstab(own["was"], own["ended"]).reindex([True, False], columns=[True, False], fill_value=0)
        for was in (True, False):
            for ended in (True, False):
                assert shown.loc[side, f"{word[was]} → {word[ended]}"] == counted.loc[was, ended]
        assert shown.loc[side, "fixed"] == pytest.approx(own.loc[~own["was"], "ended"].mean())
        assert shown.loc[side, "broken"] == pytest.approx(1 - own.loc[own["was"], "ended"].mean())


def test_differences(comparing: Comparing, runs: pd.DataFrame) -> None:
    shown = table(comparing, "differences")
    wide = runs.pivot(index="problem", columns="side", values="ended").astype(bool)
    assert len(shown) == 3
    p = []
    for row in shown.to_dict("records"):
        a, b = row["Comparison"].split(" - ")
        fixes, breaks = int((wide[a] & ~wide[b]).sum()), int((~wide[a] & wide[b]).sum())
        assert (row["fixes"], row["breaks"]) == (fixes, breaks)
        assert row["points"] == pytest.approx(100 * (fixes - breaks) / len(wide))
        least, n = min(fixes, breaks), fixes + breaks
        p.append(1.0 if fixes == breaks else binomtest(least, n).pvalue - np.exp(_log_binomial(n, least)))
        assert row["mid-p"] == pytest.approx(p[-1])
        assert f"fixes {fixes}, breaks {breaks} of {len(wide)}" in row["in words"]
    np.testing.assert_allclose(shown["Holm"], multipletests(p, method="holm")[1])
    figure = part(comparing, "differences")["figure"]["data"][0]
    np.testing.assert_allclose(figure["x"], shown["points"], atol=1e-4)
    np.testing.assert_allclose(np.array(figure["x"]) - figure["error_x"]["arrayminus"], shown["from"], atol=1e-4)
    np.testing.assert_allclose(np.array(figure["x"]) + figure["error_x"]["array"], shown["to"], atol=1e-4)


def _log_binomial(n: int, k: int) -> float:
    """Return the log of the probability of k heads of n."""
    return float(np.log([(n - i) / (i + 1) for i in range(k)]).sum() - n * np.log(2))


def test_cost(comparing: Comparing, runs: pd.DataFrame) -> None:
    shown = table(comparing, "cost")
    of = runs.groupby("side")
    np.testing.assert_allclose(shown["generated tokens"], of["generated tokens"].mean()[shown["Method"]])
    np.testing.assert_allclose(shown["accuracy"], of["ended"].mean()[shown["Method"]])
    points = list(zip(shown["generated tokens"], shown["accuracy"], strict=True))
    beaten = [
        any(c <= cost and a >= right and (c, a) != (cost, right) for c, a in points) for cost, right in points
    ]  # fmt: skip
    assert (shown["on the front"] == "no").tolist() == beaten
    figure = part(comparing, "cost")["figure"]["data"][1]
    np.testing.assert_allclose(figure["x"], shown["generated tokens"], atol=1e-4)
    np.testing.assert_allclose(figure["y"], shown["accuracy"], atol=1e-4)


@pytest.mark.parametrize("of", [0, 1, 2])
def test_signals(comparing: Comparing, texts: pd.DataFrame, of: int) -> None:
    side = opened(comparing)["sides"][of]["name"]
    own = texts[texts["side"] == side]
    shown = table(comparing, "signals", of)
    for row in shown.to_dict("records"):
        name = row["Signal"].removesuffix(" ↓").replace(" ", "_")
        known = own[own[name].notna()]
        values = known[name] * (-1 if name in LOWER else 1)
        assert row["AUROC"] == pytest.approx(roc_auc_score(known["good"], values))
        assert (row["right"], row["wrong"]) == (known["good"].sum(), (~known["good"]).sum())
        assert row["from"] <= row["AUROC"] <= row["to"]
    drawn = part(comparing, "signals", of)["figure"]["data"][0]
    np.testing.assert_allclose(drawn["x"], shown["AUROC"], atol=1e-4)


@pytest.mark.parametrize("of", [0, 1, 2])
def test_reliability(comparing: Comparing, texts: pd.DataFrame, of: int) -> None:
    side = opened(comparing)["sides"][of]["name"]
    own = texts[(texts["side"] == side) & texts["p_true"].notna()]
    shown = table(comparing, "reliability", of, "p_true")
    wide = own.groupby(pd.cut(own["p_true"], np.linspace(0, 1, 11), include_lowest=True), observed=True)
    bins = shown[shown["Bins of"] == "equal width"]
    np.testing.assert_allclose(bins["mean prediction"], wide["p_true"].mean())
    np.testing.assert_allclose(bins["right"], wide["good"].mean())
    assert bins["answers"].tolist() == wide.size().tolist()
    numbers = table(comparing, "calibration", of, "p_true").set_index("What")["Value"]
    assert numbers["Brier score"] == pytest.approx(brier_score_loss(own["good"], own["p_true"]))
    gaps = (wide["p_true"].mean() - wide["good"].mean()).abs() * wide.size() / len(own)
    assert numbers["ECE, 10 bins of equal width"] == pytest.approx(gaps.sum())


def test_risk(comparing: Comparing, texts: pd.DataFrame) -> None:
    side = opened(comparing)["sides"][1]["name"]
    own = texts[texts["side"] == side].dropna(subset=["p_true", "self_certainty", "mean_logprob", "mean_entropy"])
    shown = table(comparing, "risk", 1, "p_true").set_index("Score")
    for name, values in (("p true", own["p_true"]), ("mean entropy ↓", -own["mean_entropy"])):
        ranked = own.assign(score=values).groupby("score")["good"].agg(["size", "mean"]).sort_index(ascending=False)
        wrong = np.concatenate(
            [np.full(size, 1 - share) for size, share in ranked.to_numpy() for size in [int(size)]]
        )
        risk = wrong.cumsum() / np.arange(1, len(wrong) + 1)
        assert shown.loc[name, "AURC"] == pytest.approx(risk.mean())
        assert shown.loc[name, "risk at 100 %"] == pytest.approx(1 - own["good"].mean())


def test_coverage(comparing: Comparing, texts: pd.DataFrame) -> None:
    of = [each["title"] for each in opened(comparing)["sides"]].index("Sample and vote")
    own = texts[(texts["side"] == "Sample and vote") & texts["draft"]]
    shown = table(comparing, "coverage", of)
    groups = [group for _, group in own.groupby("problem")]
    for row in shown.to_dict("records"):
        if row["What"] == "coverage":
            expected = [_any_right(group["good"].tolist(), row["samples"]) for group in groups]
        elif row["What"].startswith("best by "):
            name = row["What"].removeprefix("best by ").replace(" ", "_")
            expected = [_best(group[name].tolist(), group["good"].tolist(), row["samples"]) for group in groups]
        else:
            expected = [_majority(group, row["samples"]) for group in groups]
        near = 0.03 if row["What"] == "majority" else 1e-9  # votes are of random subsets
        assert row["right"] == pytest.approx(np.mean(expected), abs=near), row
    assert {"coverage", "majority", "best by self certainty", "best by p true"} <= set(shown["What"])


def test_resampling(comparing: Comparing, texts: pd.DataFrame) -> None:
    of = [each["title"] for each in opened(comparing)["sides"]].index("Sample and vote")
    own = texts[(texts["side"] == "Sample and vote") & texts["draft"]]
    shown = table(comparing, "resampling", of, "p_true")
    groups = [list(zip(g["p_true"] >= 0.5, g["good"], strict=True)) for _, g in own.groupby("problem")]
    for row, wrong in zip(shown.to_dict("records"), (0, -1, -4), strict=True):
        assert row["Worth"] == f"wrong: {wrong}"
        assert row["reward at 1"] == pytest.approx(np.mean([_earned(group, 1, wrong) for group in groups]))
        assert row["reward at most"] == pytest.approx(np.mean([_earned(group, 4, wrong) for group in groups]))
    takes = own["p_true"] >= 0.5
    told = part(comparing, "resampling", of)["reading"]
    assert f"accepts {100 * takes[own['good']].mean():.1f} % of the right samples" in told
    assert f"rejects {100 * (~takes[~own['good']]).mean():.1f} % of the wrong ones" in told


def _earned(samples: list[tuple[bool, bool]], most: int, wrong: float) -> float:
    """Return what is shipped in all orders of drawing: the first accepted of at most so many."""

    def worth(drawn: tuple[tuple[bool, bool], ...]) -> float:
        return next((1.0 if right else wrong for takes, right in drawn if takes), 0.0)

    return float(np.mean([worth(drawn) for drawn in permutations(samples, most)]))


def test_matched_budgets(comparing: Comparing, runs: pd.DataFrame, texts: pd.DataFrame) -> None:
    of = [each["title"] for each in opened(comparing)["sides"]].index("Sample and vote")
    own = texts[(texts["side"] == "Sample and vote") & texts["draft"]].sort_values("problem")
    votes = {k: np.array([_majority(group, k) for _, group in own.groupby("problem")]) for k in (2, 3)}
    shown = table(comparing, "matched", of)
    assert shown["Method"].tolist() == ["RCI", "Self-Refine"]
    for row in shown.to_dict("records"):
        other = runs[runs["side"] == row["Method"]].sort_values("problem")
        budget = other["generated tokens"].mean()
        assert row["tokens"] == pytest.approx(budget) and row["problems"] == len(other)
        dearer = (budget / own["tokens"].mean() - 2) * (votes[3] - votes[2])  # between votes of two and of three
        lead = (other["ended"].to_numpy() - votes[2] - dearer).mean()
        assert row["points"] == pytest.approx(100 * lead, abs=3)  # votes are of random subsets
        assert row["from"] <= row["points"] <= row["to"]


def _any_right(right: list[bool], k: int) -> float:
    return float(np.mean([any(chosen) for chosen in combinations(right, k)]))


def _best(scores: list[float], right: list[bool], k: int) -> float:
    def share(chosen: tuple[int, ...]) -> float:
        top = max(scores[i] for i in chosen)
        return float(np.mean([right[i] for i in chosen if scores[i] == top]))

    return float(np.mean([share(chosen) for chosen in combinations(range(len(right)), k)]))


def _majority(group: pd.DataFrame, k: int) -> float:
    answers, right = group["answer group"].tolist(), group["good"].tolist()

    def share(chosen: tuple[int, ...]) -> float:
        voted = [answers[i] for i in chosen if answers[i] != -1]
        most = max((voted.count(each) for each in voted), default=0)
        leading = {each for each in voted if voted.count(each) == most}
        return (
            float(np.mean([any(right[i] for i in chosen if answers[i] == each) for each in leading])) if most else 0.0
        )

    return float(np.mean([share(chosen) for chosen in combinations(range(len(answers)), k)]))


def test_an_unknown_table_side_or_selection_is_refused(comparing: Comparing) -> None:
    with pytest.raises(BadRequest, match="no such table"):
        table(comparing, "nothing")
    with pytest.raises(BadRequest, match="3 sides; there is no side 8"):
        asyncio.run(comparing.texts(WANTED, 7, None))
    for wanted, sentence in (
        (Wanted(), "Name what to compare"),
        (Wanted(sessions=("gone",)), "One of these sessions"),
        (Wanted(runs=("gone",)), "One of these runs"),
        (Wanted(experiment="gone"), "no such experiment"),
    ):
        with pytest.raises(BadRequest, match=sentence):
            asyncio.run(comparing.opened(wanted, "calls"))


def test_a_comparison_of_single_runs_refuses_in_sentences_what_it_cannot_say(comparing: Comparing) -> None:
    told = asyncio.run(comparing.opened(Wanted(runs=("rci-3-0",)), "calls"))
    why = {each["key"]: each["why"] for each in told["parts"]}
    assert why["differences"] == "One side has graded runs; a difference needs two that have."
    of = asyncio.run(comparing.texts(Wanted(runs=("rci-3-0",)), 0, None))
    assert all(each["why"] or each["figure"] for each in of["parts"] if each["key"] != "calibration")
    assert any("one sample" in each["why"] for each in of["parts"])


def test_several_seeds_are_said_to_be_resampled(tmp_path: Path) -> None:
    async def told() -> dict[str, Any]:
        database = Database.open(tmp_path / "runs.db")
        await database.write(lambda s: made.store(s, 8, seeds=(0, 1, 2)))
        found = await Comparing(Comparisons(database, "local")).opened(WANTED, "calls")
        await database.close()
        return found

    differences = next(each for each in asyncio.run(told())["parts"] if each["key"] == "differences")
    assert "several runs of a side" in differences["reading"]
    assert "of 8;" in differences["table"]["rows"][0][-1]
    shutil.rmtree(tmp_path)
