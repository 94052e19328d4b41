"""Builders that mask what is wrong: ISC, LEMMA (which does not), Agent-R."""

from __future__ import annotations

import pytest

from storage.records import Generation
from tests.export.training.cases import built, case, replies, revision, rows, text, told, trained, within
from webapp.export.training.builders.agent_r import AGENT_R
from webapp.export.training.builders.isc import FAILS, HOLDS, ISC
from webapp.export.training.builders.lemma import LEMMA_FIX, LEMMA_FRESH
from webapp.export.training.examples import written
from webapp.export.training.formats.format import CannotSay
from webapp.export.training.formats.prompt_completion import SFT, SFT_SPANS
from webapp.export.training.material import Judged

BAD = "Cats have 4 legs.\nThat makes 4 + 3 = 7.\nAnswer: 7"
GOOD = "Cats have 4 legs.\nThat makes 3 × 4 = 12.\nAnswer: 12"
OTHER = "Count them: 4, 8, 12.\nAnswer: 12"


def labelled(error: int, note: str = "") -> dict[str, Judged]:
    return {"bad": Judged(first_error=error, note=note, people=("Ada",))}


def attempts(*right: str) -> list[Generation]:
    return [text(BAD, "incorrect", id="bad"), *(text(each, "correct", branch=at) for at, each in enumerate(right, 1))]


def test_a_wrong_first_answer_is_masked_and_what_corrects_it_is_learnt() -> None:
    draft = text("Sie haben 10 Beine. Grüße!", "incorrect")
    [reply] = replies(ISC, case(told(draft, within("\nVerification: incorrect. It is 12.", "correct", draft))))
    assert trained(reply) == "\nVerification: incorrect. It is 12."
    [row] = rows(SFT_SPANS, reply)
    [(start, end)] = row["untrained"]
    assert row["completion"][0]["content"][start:end] == draft.text
    with pytest.raises(CannotSay):
        rows(SFT, reply)


def test_a_reply_with_the_wrong_verdict_is_refused() -> None:
    draft = text("10.", "incorrect")
    made, refused = built(ISC, case(told(draft, within("\nVerification: correct. Or 12.", "correct", draft))))
    assert (made, refused) == ([], ["the verdict within the reply is not the true one"])


def test_turns_are_joined_to_one_reply_with_a_verdict_of_ours() -> None:
    draft = text("10", "incorrect")
    of = case(told(draft, revision("12", "correct", draft)))
    [reply] = replies(ISC, of)
    assert (written(reply.reply), trained(reply)) == (f"10{FAILS}12", f"{FAILS}12")
    [row] = rows(SFT_SPANS, reply)
    assert row["meta"]["origins"] == [[{"start": 2, "end": 2 + len(FAILS), "origin": "injected"}]]
    assert built(ISC, of, join=False)[0] == []


def test_a_right_first_answer_is_learnt_whole() -> None:
    [reply] = replies(ISC, case(told(text("12", "correct"))))
    assert trained(reply) == f"12{HOLDS}"


def test_lemma_cuts_right_after_the_first_error_and_goes_on_from_shared_steps() -> None:
    of = case(told(*attempts(GOOD, OTHER)), judged=labelled(1, "Multiply instead."))
    [reply] = replies(LEMMA_FIX, of)
    before, named, note, fixed, rest = (piece.text for piece in reply.reply)
    assert before == "Cats have 4 legs.\nThat makes 4 + 3 = 7."
    assert (note, reply.reply[2].origin) == ("Multiply instead.", "person"), "what a person wrote is not ours"
    assert {reply.reply[1].origin, reply.reply[3].origin} == {"injected"}
    assert written(reply.reply) == f"{before}{named}{note}{fixed}{rest}" and named.endswith(" ") and fixed[0] == " "
    assert rest == "That makes 3 × 4 = 12.\nAnswer: 12"
    assert trained(reply) == written(reply.reply), "LEMMA has no mask"
    assert (reply.extra, reply.meta.labelled_by) == ({"mode": "fix", "error_step": 1}, ("Ada",))


def test_lemma_starts_afresh_with_a_whole_right_solution() -> None:
    [reply] = replies(LEMMA_FRESH, case(told(*attempts(OTHER)), judged=labelled(1)))
    assert written(reply.reply).startswith("Cats have 4 legs.\nThat makes 4 + 3 = 7.\n\n")
    assert written(reply.reply).endswith(f"\n\n{OTHER}")
    assert "Answer: 7" not in written(reply.reply)


def test_lemma_needs_a_labelled_error_and_a_right_solution() -> None:
    assert built(LEMMA_FIX, case(told(*attempts(GOOD))))[1] == [
        "nobody labelled the first error of the wrong attempt"
    ]
    fix = built(LEMMA_FIX, case(told(*attempts(OTHER)), judged=labelled(1)))
    assert fix[1] == ["no stored right solution shares the steps before the error"]
    disputed = case(told(*attempts(GOOD)), judged={"bad": Judged(disputed=True)})
    assert built(LEMMA_FRESH, disputed)[1] == ["its annotators differ and nobody decided"]


def test_agent_r_masks_the_bad_beginning_and_follows_the_good_path_from_where_they_part() -> None:
    of = case(told(*attempts(GOOD, OTHER)), judged=labelled(1))
    [reply] = replies(AGENT_R, of)
    masked, thought, rest = reply.reply
    assert (masked.text, masked.trained) == ("Cats have 4 legs.\nThat makes 4 + 3 = 7.", False)
    assert (thought.trained, thought.origin) == (True, "injected")
    assert rest.text == "That makes 3 × 4 = 12.\nAnswer: 12"
    assert reply.extra == {"error_step": 1, "shared_steps": 1}
    assert "7" not in trained(reply)


def test_agent_r_keeps_what_was_judged_later_than_the_two_part() -> None:
    of = case(told(*attempts(OTHER)), judged=labelled(2))
    [reply] = replies(AGENT_R, of)
    assert reply.reply[0].text == BAD
    assert (reply.reply[2].text, reply.extra["shared_steps"]) == (OTHER, 0)
