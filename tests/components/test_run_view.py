"""Runs in a real browser: what is drawn, what a token tells, what a person can do with it."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.components import scripts
from tests.components.hostile import HOSTILE, MARKS, PIECES, harm, spilling
from tests.components.looking import DONE, texts_of, until
from tests.components.stage import Script, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def show(page: Page, stage: Stage, *runs: Script, query: str = "") -> None:
    """Open the page with runs and wait until all are drawn."""
    for i, script in enumerate(runs):
        stage.scripts[f"r{i}"] = script
    await page.goto(f"/?runs={','.join(f'r{i}' for i in range(len(runs)))}{query}")
    await page.wait_for_selector(DONE)


async def test_tokens_join_to_the_text_and_carry_exact_byte_offsets(page: Page, stage: Stage):
    pieces = ["Größe", " 2", "\n\n", "日", "", "👍🏽", " \t", "end"]
    await show(page, stage, Script(scripts.short_run("r0", pieces)))
    spans = await page.locator(".t").evaluate_all(
        "all => all.map(s => [s.textContent, +s.dataset.start, +s.dataset.end])"
    )
    assert [text for text, _, _ in spans] == pieces
    whole = "".join(pieces).encode()
    assert [whole[start:end].decode() for _, start, end in spans] == pieces


async def test_the_colour_follows_the_number_in_every_mode(page: Page, stage: Stage):
    numbers = {"entropy": [0.0, 2.0], "logprob": [-5.0, -0.5], "self_certainty": [16.0, 4.0]}
    told = [scripts.tokens("g", ["a", "b"], **numbers), scripts.finished("g", "ab"), scripts.ended()]
    events = [scripts.opened("r0"), scripts.started("g"), *told]
    await show(page, stage, Script(events))
    expected = {"entropy": (0.0, 0.425), "chosen": (0.85, 0.085), "certainty": (0.0, 0.85), "off": (0.0, 0.0)}
    for mode, alphas in expected.items():
        await page.click(f".st-toolbar [data-mode={mode}]")
        colours = await page.locator(".t").evaluate_all("all => all.map(s => getComputedStyle(s).backgroundColor)")
        assert [alpha(colour) for colour in colours] == pytest.approx(alphas, abs=0.01), mode
    await page.click(".st-toolbar [data-mode=both]")
    fill, line = (
        await page.locator(".t")
        .nth(0)
        .evaluate("s => [getComputedStyle(s).backgroundColor, getComputedStyle(s).boxShadow]")
    )
    assert alpha(fill) == 0 and "-3px" in line  # no entropy, but an improbable token: only the underline shows
    await expect(page.locator(".st-legendrow")).to_have_count(2)


def alpha(colour: str) -> float:
    parts = re.findall(r"[\d.]+", colour)
    return float(parts[3]) if len(parts) == 4 else 1.0


async def test_special_foreign_cut_and_unseen_tokens_are_marked(page: Page, stage: Stage):
    events = [
        scripts.opened("r0"), scripts.started("g"),
        scripts.tokens(
            "g", ["Wait", ","], origin="injected", entropy=[None, None], logprob=[None, None], alternatives=None
        ),
        scripts.tokens("g", [" no"], 2, origin="person"),
        scripts.tokens("g", [" stop", "<|im_end|>"], 3, special=[1]),
        scripts.finished("g", "Wait, no", finish_reason="stop"), scripts.ended(),
    ]  # fmt: skip
    await show(page, stage, Script(events))
    token = page.locator(".t")
    await expect(token.nth(0)).to_have_attribute("data-label", "inserted")
    assert await token.nth(1).get_attribute("data-label") is None
    await expect(token.nth(2)).to_have_attribute("data-label", "you")
    await expect(token.nth(3)).to_have_class(re.compile("st-cut"))
    await expect(token.nth(4)).to_have_class(re.compile("st-special"))
    await token.nth(0).hover()
    await expect(page.locator(".st-card")).to_contain_text("not drawn by the model")


async def test_the_card_lists_alternatives_marks_the_chosen_one_and_the_rest(page: Page, stage: Stage):
    await show(page, stage, Script(scripts.short_run("r0")))
    await page.locator(".t").nth(1).hover()
    rows = await page.locator(".st-card tbody tr").evaluate_all(
        "all => all.map(r => [...r.cells].map(c => c.textContent.trim()))"
    )
    assert rows == [
        ["1", "␣other", "", "4.00%", "−3.22"],
        ["▸ 2", "␣capital", "", "62.3%", "−0.47"],
        ["3", "↵", "", "0.50%", "−5.30"],
        ["", "other", "", "33.2%", ""],
    ]
    card = page.locator(".st-card")
    await expect(card).to_contain_text("2.50 nats · 3.61 bits")
    await expect(card).to_contain_text("62.3% raw · 78.9% as sampled")
    await page.mouse.move(1, 1)
    await expect(card).to_be_hidden()


async def test_a_click_on_an_alternative_asks_for_a_branch(page: Page, stage: Stage):
    await show(page, stage, Script(scripts.short_run("r0")))
    await page.locator(".t").nth(2).click()
    await page.locator(".st-card button.st-alt").first.click()
    await until(lambda: ("token_branch", {"run": "r0", "generation": "g1", "index": 2, "token": 5}) in stage.heard)
    await expect(page.locator(".st-card")).to_be_hidden()


async def test_everything_about_tokens_works_by_keyboard(page: Page, stage: Stage):
    await show(page, stage, Script(scripts.short_run("r0")))
    await page.locator(".st-pane").focus()
    for key in ("ArrowRight", "ArrowRight", "End", "ArrowLeft"):
        await page.keyboard.press(key)
    await expect(page.locator(".st-cursor")).to_have_text(" Sydney")
    await expect(page.locator(".st-spoken")).to_have_text(re.compile(r"^ Sydney, [\d.]+ percent, entropy [\d.]+$"))
    await page.keyboard.press("Enter")
    await expect(page.locator(".st-card button.st-alt").first).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await until(lambda: ("token_branch", {"run": "r0", "generation": "g1", "index": 3, "token": 6}) in stage.heard)
    await page.keyboard.press("Escape")
    await expect(page.locator(".st-pane")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator(".st-cursor")).to_have_count(0)


async def test_a_text_is_corrected_by_hand(page: Page, stage: Stage):
    await show(page, stage, Script(scripts.short_run("r0")))
    await page.get_by_role("button", name="Correct Draft, sample 1 by hand").click()
    form = page.get_by_role("form", name="Correction by hand")
    await expect(form.get_by_role("textbox")).to_be_focused()
    save = form.get_by_role("button", name="Save the revision as a run")
    await expect(save).to_be_disabled()
    await form.get_by_role("textbox").fill("<b>Canberra</b>")
    await form.get_by_label("What you write").select_option("critique")
    await form.get_by_label("Let the model revise its answer by it").check()
    await form.get_by_role("button", name="Save the critique as a run").click()
    wish = {"run": "r0", "generation": "g1", "role": "critique", "text": "<b>Canberra</b>", "kept": 0, "go_on": True}
    await until(lambda: ("correct_text", wish) in stage.heard)
    await expect(form).to_be_hidden()


async def test_the_beginning_of_a_text_is_kept_from_its_card(page: Page, stage: Stage):
    await show(page, stage, Script(scripts.short_run("r0")))
    await page.locator(".t").nth(1).click()
    await page.get_by_role("button", name="Keep up to here and write on").click()
    form = page.get_by_role("form", name="Correction by hand")
    kept = "".join((await texts_of(page, ".t"))[:2])
    await expect(form.locator("blockquote")).to_have_text(kept.strip())
    await form.get_by_role("textbox").fill("Canberra")
    await form.get_by_role("button", name="Save the revision as a run").click()
    wish = {"run": "r0", "generation": "g1", "role": "revision", "text": "Canberra", "kept": 2, "go_on": False}
    await until(lambda: ("correct_text", wish) in stage.heard)
    await page.get_by_role("button", name="Correct Draft, sample 1 by hand").click()
    await page.keyboard.press("Escape")
    await expect(form).to_be_hidden()


async def test_what_people_and_models_write_is_only_ever_text(page: Page, stage: Stage):
    vote = {"answer": HOSTILE, "branches": [0], "weight": 1.0, "winner": True, "tied": False}
    told = {name: HOSTILE for name in ("question", "title", "model", "reference", "faithful_note", "name", "notes")}
    events = [
        scripts.opened("r0", **told, choices=[HOSTILE], params={"x": HOSTILE}),
        *scripts.written("g", PIECES, answer=HOSTILE, verdict="incorrect"),
        *scripts.written("h", PIECES, 1, role="revision", parents=["g"], diff=[("+", HOSTILE)], answer=HOSTILE),
        scripts.ended("failed", HOSTILE, answer=HOSTILE, note=HOSTILE, votes=[vote]),
    ]  # fmt: skip
    await show(page, stage, Script(events))
    await page.click(".st-changes button")
    await page.locator(".t").nth(0).click()
    assert await harm(page) is None
    assert (await texts_of(page, ".t"))[: len(PIECES)] == PIECES
    for place in (
        ".st-question p",
        ".st-head h3",
        ".st-named",
        ".st-notes",
        ".st-votes b",
        ".st-doing",
        ".st-diff ins",
        ".st-answerline b",
    ):
        assert HOSTILE in await page.locator(place).first.text_content(), place


async def test_ten_thousand_combining_characters_stay_in_their_pane(page: Page, stage: Stage):
    pieces = ["a", *[MARKS[1 + i : 3 + i] for i in range(0, 2000, 2)], MARKS, " end"]
    vote = {"answer": MARKS, "branches": [0], "weight": 1.0, "winner": True, "tied": False}
    told = {name: MARKS for name in ("question", "title", "model", "reference", "name", "notes")}
    events = [
        scripts.opened("r0", **told, choices=[MARKS], params={"x": MARKS}),
        *scripts.written("g", pieces, answer=MARKS),
        scripts.ended("failed", MARKS, answer=MARKS, note=MARKS, votes=[vote]),
    ]  # fmt: skip
    await show(page, stage, Script(events, size=100))
    assert await spilling(page, ".st-run-view") == []
    tall = await page.evaluate(
        "() => Math.max(...[...document.querySelectorAll('.st-contained, .st-pane')].map(n => n.offsetHeight))"
    )
    assert tall <= 350


async def test_what_is_not_known_is_marked_and_no_zero(page: Page, stage: Stage):
    blind = {"entropy": [None, 0.0], "logprob": [None, 0.0], "self_certainty": None, "alternatives": None}
    end = scripts.finished("g", "ab", summary={"mean_entropy": 0.5})
    cost = {"generated_tokens": 2, "prompt_tokens": None, "calls": 1, "seconds": 0.0}
    stop = scripts.ended().model_copy(update={"cost": cost})
    told = [scripts.tokens("g", ["a", "b"], **blind, entropy_is_lower_bound=True), end, stop]
    await show(page, stage, Script([scripts.opened("r0"), scripts.started("g"), *told]))
    line = "all => all.map(s => getComputedStyle(s).textDecorationStyle)"
    for mode, marked in {"entropy": 1, "chosen": 1, "certainty": 2, "both": 1, "off": 0}.items():
        await page.click(f".st-toolbar [data-mode={mode}]")
        assert (await page.locator(".t").evaluate_all(line)).count("dotted") == marked, mode
    await expect(page.locator(".st-generation footer")).to_contain_text("mean entropy ≥ 0.50")
    await expect(page.locator(".st-cost")).to_have_text("2 tokens generated · unknown prompt · 1 call · 0.0 s")


@pytest.mark.parametrize(("origin", "label"), [("person", "you"), ("soft", "soft"), ("injected", "inserted")])
async def test_a_text_without_tokens_still_shows_who_wrote_it(page: Page, stage: Stage, origin: str, label: str):
    text = "Größe? 日本 it is"
    first, last = len("Größe? ".encode()), len("Größe? 日本".encode())
    end = scripts.finished("g", text, finish_reason="given", spans=[(first, last, origin)])
    await show(page, stage, Script([scripts.opened("r0"), scripts.started("g"), end, scripts.ended()]))
    await expect(page.locator(".st-pane")).to_have_text(text)
    await expect(page.locator(f"[data-origin={origin}]")).to_have_text("日本")
    await expect(page.locator(f"[data-origin={origin}]")).to_have_attribute("data-label", label)


async def test_a_run_that_waits_says_how_many_are_before_it(page: Page, stage: Stage):
    waiting = [scripts.progress(0, 80, status="queued", queue_position=n, doing="") for n in (2, 1)]
    stage.scripts["r"] = Script([scripts.opened("r"), *waiting, *[waiting[1]] * 100], size=1, pause=0.05)
    await page.goto("/?run=r")
    await expect(page.locator(".st-doing")).to_have_text("Waiting: 1 request before this one")
    await expect(page.locator(".st-status")).to_contain_text("queued")
    await expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "0")


@pytest.mark.parametrize(
    ("position", "told"),
    [(2, "Waiting: 2 requests before this one; 5 people share the model evenly"),
     (0, "Waiting for its turn; 5 people share the model evenly")],
)  # fmt: skip
async def test_a_run_that_waits_says_how_many_people_share(page: Page, stage: Stage, position: int, told: str):
    waiting = scripts.progress(0, 80, status="queued", queue_position=position, queue_people=5, doing="")
    stage.scripts["r"] = Script([scripts.opened("r"), *[waiting] * 100], size=1, pause=0.05)
    await page.goto("/?run=r")
    await expect(page.locator(".st-doing")).to_have_text(told)


async def test_the_card_goes_along_when_the_keyboard_scrolls_a_long_text(page: Page, stage: Stage):
    await show(page, stage, Script(scripts.short_run("r0", scripts.texts(600)), size=60))
    pane = page.locator(".st-pane")
    await pane.focus()
    await page.keyboard.press("End")
    await page.wait_for_function("document.querySelector('.st-pane').scrollTop > 0")
    await expect(page.locator(".st-card")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page.locator(".st-card button.st-alt").first).to_be_focused()
    await page.keyboard.press("Escape")
    await pane.evaluate("node => { node.scrollTop = 0; }")
    await expect(page.locator(".st-card")).to_be_hidden()


async def test_votes_show_ties_folded_duplicates_and_what_was_not_parsed(page: Page, stage: Stage):
    await show(page, stage, Script(scripts.vote_run("r0")))
    rows = await texts_of(page, ".st-votes li")
    assert "Canberra×2" in rows[0] and "chosen, tied" in rows[0]
    assert "Sydney×2" in rows[1] and "tied" in rows[1]
    assert "no answer found×1" in rows[2]
    folded = page.locator(".st-fold:visible")
    await expect(folded).to_have_text("Sample 3: same text as sample 1 · show")
    await folded.click()
    await expect(page.locator(".st-lane .st-pane:visible")).to_have_count(5)


async def test_a_sample_that_a_method_left_out_of_the_vote_is_not_said_to_have_no_answer(page: Page, stage: Stage):
    *told, end = scripts.vote_run("r0")
    vote = {"answer": "Canberra", "branches": [0, 2], "weight": 2.0, "winner": True, "tied": False}
    end = end.model_copy(update={"outcome": end.outcome | {"votes": [vote]}})
    judge = scripts.written("r0-judge", ["[[1]]"], 5, branch=5, role="evaluation", round=1)
    await show(page, stage, Script([*told, *judge, end]))
    rows = await texts_of(page, ".st-votes li")
    assert len(rows) == 3
    assert "no answer found×1" in rows[1] and rows[1].endswith("sample5")
    assert "left out of the vote×2" in rows[2] and rows[2].endswith("samples24")


async def test_a_vote_has_the_verdict_of_what_was_not_dropped(page: Page, stage: Stage):
    *told, end = scripts.vote_run("r0")
    dropped = scripts.written("r0-dropped", ["Hm."], 5, branch=0, round=1, finish_reason="pruned", verdict="ungraded")
    await show(page, stage, Script([*told, *dropped, end]))
    await expect(page.locator(".st-votes li").first).to_contain_text("correct")


async def test_weighted_votes_share_the_bar_by_weight_and_missing_answers_by_number(page: Page, stage: Stage):
    await show(page, stage, Script(scripts.vote_run("r0", weights=(0.45, 0.15))))
    shares = await page.locator(".st-votebar span").evaluate_all(
        "all => all.map(n => n.style.getPropertyValue('--share'))"
    )
    assert [float(share) for share in shares] == pytest.approx([0.8 * 0.75, 0.8 * 0.25, 0.2])
    rows = await texts_of(page, ".st-votes li")
    assert "weight 0.45" in rows[0] and "weight 0.15" in rows[1] and "tied" not in rows[0]


async def test_p_true_shows_both_masses_and_warns_of_little_captured_mass(page: Page, stage: Stage):
    await show(page, stage, Script(scripts.vote_run("r0")))
    rows = await texts_of(page, ".st-scores li")
    assert (
        "71.2%" in rows[0] and "true 52.0% · false 21.0% · captured 73.0%" in rows[0] and "unreliable" not in rows[0]
    )
    assert "captured 26.0%" in rows[3] and "unreliable" in rows[3]


async def test_rounds_stand_in_order_with_their_transition_and_changes(page: Page, stage: Stage):
    await show(page, stage, Script(scripts.refine_run("r0")))
    lane = page.locator(".st-lane").first
    assert await lane.locator(".st-role").all_text_contents() == ["Draft", "Critique", "Revision"]
    transitions = page.locator(".st-lane [data-transition]")
    assert await transitions.evaluate_all("all => all.map(n => n.dataset.transition)") == [
        "right→wrong", "wrong→right",
    ]  # fmt: skip
    await lane.locator(".st-changes button").click()
    assert await lane.locator(".st-diff ins").all_text_contents() == ["Sydney", "Sydney"]
    assert await lane.locator(".st-diff del").all_text_contents() == ["Canberra", "Canberra"]
    await lane.locator(".st-changes button").click()
    await expect(lane.locator(".st-pane")).to_have_count(3)


async def test_what_was_put_into_a_revision_is_marked_in_its_changes(page: Page, stage: Stage):
    change = [("=", "It is 4"), ("-", "!"), ("+", ". Wait, no. "), ("=", "Done")]
    spans = [(0, 8, "model"), (8, 19, "injected"), (19, 23, "model")]
    end = scripts.finished("h", "It is 4. Wait, no. Done", diff=change, diff_against="g", spans=spans)
    events = [scripts.opened("r0"), *scripts.written("g", ["It is 4!", "Done"]),
              scripts.started("h", 1, role="revision", round=1, parents=["g"]), end, scripts.ended()]  # fmt: skip
    await show(page, stage, Script(events))
    await page.click(".st-changes button")
    await expect(page.locator(".st-diff ins [data-origin=injected]")).to_have_text("Wait, no. ")
    assert await texts_of(page, ".st-diff > *") == ["It is 4", "!", ". Wait, no. ", "Done"]


async def test_progress_cost_and_faithfulness_are_told(page: Page, stage: Stage):
    await show(
        page,
        stage,
        Script(scripts.refine_run("r0")),
        Script([*scripts.short_run("r1")[:-1], scripts.ended("failed", "Out of memory.")]),
    )
    await expect(page.locator(".st-cost").first).to_have_text(
        "212 tokens generated · 118 prompt · 4 calls · 8.4 s · 25.2 tokens/s"
    )
    await expect(page.locator(".st-doing").nth(1)).to_have_text("Failed: Out of memory.")
    await expect(page.locator(".st-badge.st-caution").first).to_have_text("prompted emulation")
    await until(lambda: ("run_done", {"run": "r1", "status": "failed"}) in stage.heard)
    await page.locator(".st-run").first.get_by_role("button", name="Use these samples as input").click()
    await until(lambda: ("judge_run", {"run": "r0"}) in stage.heard)


async def test_modes_are_kept_over_a_reload(page: Page, stage: Stage):
    await show(page, stage, Script(scripts.short_run("r0")))
    await page.click(".st-toolbar [data-mode=both]")
    await page.get_by_role("button", name="␣ spaces").click()
    await page.reload()
    await page.wait_for_selector(DONE)
    await expect(page.locator(".st-run-view")).to_have_attribute("data-mode", "both")
    content = await page.locator(".t").nth(1).evaluate("s => getComputedStyle(s, '::before').content")
    assert content == '"·"'


@pytest.mark.parametrize(
    ("width", "theme", "columns"), [(1440, "light", 2), (1440, "dark", 2), (800, "light", 1), (800, "dark", 1)]
)
async def test_columns_stand_beside_or_below_each_other_and_nothing_overflows(
    page: Page, stage: Stage, width: int, theme: str, columns: int
):
    await page.set_viewport_size({"width": width, "height": 900})
    await show(
        page, stage, Script(scripts.vote_run("r0")), Script(scripts.refine_run("r1")), query=f"&__theme={theme}"
    )
    tops = await page.locator(".st-run").evaluate_all(
        "all => all.map(n => Math.round(n.getBoundingClientRect().top))"
    )
    assert (len(set(tops)) == 1) == (columns == 2)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    ratio = await page.evaluate(CONTRAST)
    assert ratio >= 4.5


# The least contrast of text on the most coloured token there is, by the WCAG formula.
CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const solid = (...layers) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of layers) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => [r, g, b].map((c) => linear(c / 255))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ratios = [...document.querySelectorAll('.t:not(.st-special)')].map((node) => {
    const style = getComputedStyle(node);
    const pane = getComputedStyle(node.closest('.st-pane')).backgroundColor;
    const [a, b] = [light(solid(pane, style.backgroundColor)), light(solid(style.color))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  });
  return Math.min(...ratios);
}"""
