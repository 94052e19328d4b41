import json

import numpy as np

from webapp.charts.entropy import EntropySeries, entropy_figure
from webapp.charts.look import MARKED

TOKENS = [" a", "<b>x</b>", "\n"]
LINE = EntropySeries("draft", np.array([0.5, np.nan, 2.25], dtype=np.float32), TOKENS)


def drawn(*series):
    return json.loads(entropy_figure(series).to_json())


def test_a_line_has_every_token_and_a_gap_where_nothing_is_known():
    (line,) = drawn(LINE)["data"]
    assert (line["x"], line["y"]) == ([1, 2, 3], [0.5, None, 2.25])
    assert line["name"] == "draft"


def test_token_texts_are_visible_and_are_no_markup():
    (line,) = drawn(LINE)["data"]
    assert line["hovertext"] == ["␣a", "&lt;b&gt;x&lt;/b&gt;", "↵"]
    assert "hovertext" in line["hovertemplate"]


def test_a_line_without_token_texts_does_not_promise_them():
    (line,) = drawn(("draft", LINE.entropy))["data"]
    assert "hovertext" not in line["hovertemplate"]


def test_lines_differ_without_colour_and_the_page_decides_the_rest():
    figure = drawn(*[LINE] * 12)
    looks = {(line["line"]["color"], line["line"]["dash"]) for line in figure["data"]}
    assert len(looks) == 12
    layout = figure["layout"]
    assert "paper_bgcolor" not in layout and "plot_bgcolor" not in layout and "color" not in layout.get("font", {})
    assert layout["uirevision"]


def test_bounds_are_called_so():
    assert drawn(LINE)["layout"]["yaxis"]["title"]["text"] == "entropy (nats)"
    bound = drawn(LINE, LINE._replace(lower_bound=True))
    assert bound["layout"]["yaxis"]["title"]["text"] == "entropy (nats, at least)"


def test_no_lines_make_an_empty_figure():
    assert drawn()["data"] == []


def test_points_are_dots_only_while_they_are_few():
    few, many = np.zeros(MARKED, np.float32), np.zeros(MARKED + 1, np.float32)
    assert drawn(EntropySeries("few", few))["data"][0]["mode"] == "lines+markers"
    assert drawn(EntropySeries("many", many))["data"][0]["mode"] == "lines"
