"""Comparisons over HTTP: parts, problems by filter, files that are saved, refusals as sentences."""

from __future__ import annotations

import csv
import io

import pytest
from pyarrow import parquet
from starlette.testclient import TestClient

from tests.reports import made
from webapp.runs.services import Services


@pytest.fixture(scope="module", autouse=True)
def stored(client: TestClient, services: Services) -> None:
    assert client.portal is not None
    client.portal.call(services.database.write, made.store)


def test_a_session_opens_with_its_sides_and_parts(client: TestClient) -> None:
    told = client.get("/api/comparison?sessions=s1&unit=calls").json()
    assert [side["name"] for side in told["sides"]] == ["RCI", "Sample and vote", "Self-Refine"]
    assert [part["key"] for part in told["parts"]] == [
        "sides", "transitions", "differences", "cost", "settings", "models",
    ]  # fmt: skip
    assert "calls a problem" in str(told["parts"][3]["figure"]["layout"]["xaxis"]["title"])


def test_texts_are_of_the_wanted_side_and_score(client: TestClient) -> None:
    told = client.get("/api/comparison/texts?sessions=s1&of=1&score=vote_share").json()
    assert (told["score"], set(told["scores"])) == ("vote_share", {"vote_share", "p_true"})
    assert [part["key"] for part in told["parts"]] == [
        "signals", "reliability", "calibration", "risk", "coverage", "resampling", "matched", "temperatures",
    ]  # fmt: skip
    assert client.get("/api/comparison/texts?sessions=s1&of=1&score=nothing").json()["score"] == "p_true"


def test_problems_are_paged_and_narrowed(client: TestClient) -> None:
    everything = client.get("/api/comparison/problems?sessions=s1&limit=10").json()
    assert (len(everything["items"]), everything["total"]) == (10, 30)
    differ = client.get("/api/comparison/problems?sessions=s1&differ=true&limit=200").json()
    assert 0 < differ["total"] < 30 and all(item["differs"] for item in differ["items"])
    parts = client.get("/api/comparison?sessions=s1").json()["parts"]
    counted = parts[1]["table"]["rows"][2][1:5]
    for step, count in zip(("right->right", "right->wrong", "wrong->right", "wrong->wrong"), counted, strict=True):
        found = client.get("/api/comparison/problems", params={"sessions": "s1", "side": 2, "step": step}).json()
        assert found["total"] == count
    last = client.get("/api/comparison/problems?sessions=s1&offset=29").json()
    assert len(last["items"]) == 1 and last["items"][0]["runs"][0]["run"] == "rci-29-0"


def test_a_table_is_saved_with_all_its_digits(client: TestClient) -> None:
    saved = client.get("/api/comparison/table?sessions=s1&part=sides")
    assert saved.headers["content-type"] == "text/csv; charset=utf-8"
    assert saved.headers["content-disposition"] == 'attachment; filename="sides.csv"'
    rows = list(csv.DictReader(io.StringIO(saved.text)))
    shown = client.get("/api/comparison?sessions=s1").json()["parts"][0]["table"]["rows"]
    assert [float(row["last"]) for row in rows] == [row[4] for row in shown]


def test_parquet_holds_the_same_table(client: TestClient) -> None:
    shown = client.get("/api/comparison?sessions=s1").json()["parts"][0]["table"]
    saved = client.get("/api/comparison/table?sessions=s1&part=sides&format=parquet")
    assert saved.headers["content-disposition"] == 'attachment; filename="sides.parquet"'
    found = parquet.read_table(io.BytesIO(saved.content))
    assert found.column_names == [column["head"] for column in shown["columns"]]
    columns = [[row[place] for row in shown["rows"]] for place in range(len(found.column_names))]
    assert [column.to_pylist() for column in found.columns] == columns
    assert client.get("/api/comparison/table?sessions=s1&part=sides&format=xlsx").status_code == 422


def test_the_report_is_saved_not_shown(client: TestClient) -> None:
    saved = client.get("/api/comparison/report?sessions=s1")
    assert saved.headers["content-disposition"] == 'attachment; filename="comparison.html"'
    assert saved.headers["content-type"] == "application/octet-stream"  # a page of this origin must never run it
    assert saved.text.startswith("<!doctype html>") and "/compare?sessions=s1" in saved.text


@pytest.mark.parametrize(
    ("address", "status", "sentence"),
    [
        ("?", 400, "Name what to compare"),
        ("?sessions=gone", 400, "One of these sessions cannot be found"),
        ("?experiment=gone", 400, "no such experiment"),
        ("?runs=gone", 400, "One of these runs cannot be found"),
        ("/texts?sessions=s1&of=3", 400, "there is no side 4"),
        ("/table?sessions=s1&part=../etc", 400, "no such table"),
        ("?sessions=s1&unit=miles", 422, ""),
        ("/problems?sessions=s1&limit=9999", 422, ""),
        ("/problems?sessions=s1&step=up", 422, ""),
    ],
)
def test_what_cannot_be_is_refused(client: TestClient, address: str, status: int, sentence: str) -> None:
    refused = client.get(f"/api/comparison{address}")
    assert refused.status_code == status and sentence in refused.text


def test_texts_under_each_other_have_to_be_there(client: TestClient) -> None:
    refused = client.get("/api/texts/aligned?first=rci-0-0-draft-0&second=none")
    assert refused.status_code == 400 and "no such text" in refused.text
    refused = client.get("/api/texts/aligned?first=rci-0-0-draft-0&second=rci-0-0-revision-0")
    assert refused.status_code == 400 and "not stored" in refused.text


def test_other_sites_are_refused(client: TestClient) -> None:
    refused = client.get("/api/comparison?sessions=s1", headers={"origin": "http://evil.example"})
    assert refused.status_code == 403
