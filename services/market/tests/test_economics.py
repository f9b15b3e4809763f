"""Economic series: files taken in, listed, shown."""

from uuid import UUID

import pytest

from libs.common.testing.statements import statements
from services.market import commands
from services.market.app import build_app
from services.market.economics import rules
from services.market.economics.service import Economics

USER = UUID("0198c5a4-0000-7000-8000-000000000001")
FILE = (
    "series,date,value,unit,frequency\n"
    "prices_index,2026-01-31,101.5,index,monthly\n"
    "prices_index,2026-02-28,102.25,index,monthly\n"
    "policy_rate,2026-02-01,6.50,percent,\n"
    "policy_rate,31-01-2026,6.50,percent,\n"
    "policy_rate,2026-03-01,n/a,percent,\n"
    "bad key!,2026-03-01,1,,\n"
    "policy_rate,2026-03-02,1e400,,\n"
    "policy_rate,2026-03-02,NaN,,\n"
)


@pytest.fixture
def economics(db):
    return Economics(db)


@pytest.fixture
async def client(client_for, settings, db):
    async with client_for(build_app(settings, db=db), user=USER) as opened:
        yield opened


async def test_a_file_is_taken_in_and_what_changed_is_counted(economics, client):
    report = await economics.import_text(FILE)
    assert (report.rows, report.series, report.changed) == (8, 2, 3)
    assert [problem.line for problem in report.problems] == [5, 6, 7, 8, 9]
    assert (await economics.import_text(FILE)).changed == 0
    corrected = await economics.import_text("date,series,value\n2026-02-28,prices_index,102.30\n")
    assert corrected.changed == 1
    policy, prices = (await client.get("/api/economics/")).json()["items"]
    assert (policy["key"], policy["newest_day"], policy["newest_value"]) == ("policy_rate", "2026-02-01", "6.50")
    assert (prices["name"], prices["unit"], prices["frequency"]) == ("prices index", "index", "monthly")
    assert prices["newest_value"] == "102.30"


async def test_a_series_is_shown_newest_first_in_pages_and_spans(economics, client):
    days = "\n".join(f"s,2025-{month:02}-01,{month}.5" for month in range(1, 13))
    await economics.import_text(f"series,date,value\n{days}\ns,2025-12-01,99\n")
    seen, cursor = [], ""
    while cursor is not None:
        page = (await client.get(f"/api/economics/s/?limit=5{cursor and '&cursor=' + cursor}")).json()
        seen += [(one["day"], one["value"]) for one in page["items"]]
        cursor = page["next_cursor"]
    assert seen[:2] == [("2025-12-01", "99"), ("2025-11-01", "11.5")]
    assert len(seen) == 12
    span = (await client.get("/api/economics/s/?from=2025-03-01&to=2025-05-01")).json()["items"]
    assert [one["day"] for one in span] == ["2025-04-01", "2025-03-01"]


async def test_bad_questions_are_refused(client):
    assert (await client.get("/api/economics/nosuch/")).status_code == 404
    assert (await client.get("/api/economics/nosuch/?from=never")).status_code == 422
    assert (await client.get("/api/economics/?cursor=abc")).status_code == 422


async def test_the_list_takes_one_statement_whatever_its_length(economics, client, db):
    await economics.import_text("series,date,value\n" + "".join(f"s{n},2026-01-01,1\n" for n in range(60)))
    with statements() as seen:
        assert len((await client.get("/api/economics/?limit=100")).json()["items"]) == 60
    assert len(seen) == 1


@pytest.mark.parametrize("text", ["", "a,b\n", "series,date\nx,2026-01-01\n"])
def test_a_file_without_the_columns_is_refused(text):
    with pytest.raises(rules.UnreadableFile):
        list(rules.read(text))


async def test_the_command_says_what_a_file_brought(settings, db, tmp_path, capsys):
    file = tmp_path / "series.csv"
    file.write_text(FILE)
    assert await commands.import_economics(settings, file) == 0
    assert capsys.readouterr().out.splitlines()[0] == "8 rows: 2 series, 3 figures new or changed, 5 refused"
    file.write_text("nonsense")
    assert await commands.import_economics(settings, file) == 1
