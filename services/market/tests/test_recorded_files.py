"""Reading a folder of recordings: whatever the files are called, their columns say what they hold.

The lines of the exchanges' files are of the forms that their pages show; names and prices are few and plain.
"""

import gzip
import os
import zipfile
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from libs.common.instruments import Instrument
from services.market.providers.replay.folder import FolderOptions, folder_eras
from services.market.providers.replay.recordings import NO_VOLUME, DayBar

UDIFF = (
    "TradDt,BizDt,Sgmt,Src,FinInstrmTp,FinInstrmId,ISIN,TckrSymb,SctySrs,XpryDt,FininstrmActlXpryDt,StrkPric,OptnTp,"
    "FinInstrmNm,OpnPric,HghPric,LwPric,ClsPric,LastPric,PrvsClsgPric,UndrlygPric,SttlmPric,OpnIntrst,ChngInOpnIntrst,"
    "TtlTradgVol,TtlTrfVal,TtlNbOfTxsExctd,SsnId,NewBrdLotQty,Rmks,Rsvd1,Rsvd2,Rsvd3,Rsvd4\n"
)
FLAIR = (
    "2024-10-15,2024-10-15,CM,NSE,STK,20372,INE00Y201027,FLAIR,EQ,,,,,FLAIR WRITING INDUST LTD,296.15,300.10,293.75,"
    "295.95,298.85,296.15,,296.00,,,34968,10365770.00,1404,F1,1,,,,,\n"
)
FUTURE = (
    "2026-09-01,2026-09-01,FO,NSE,IDF,68407,,NIFTY,,2026-09-29,2026-09-29,,,NIFTY26SEPFUT,24200.00,24296.10,24064.00,"
    "24090.30,24081.00,24251.40,24055.80,24090.30,16051815,323310,57171,89746405775.00,39620,F1,65,,,,,\n"
)
OLD = (
    "SYMBOL,SERIES,OPEN,HIGH,LOW,CLOSE,LAST,PREVCLOSE,TOTTRDQTY,TOTTRDVAL,TIMESTAMP,TOTALTRADES,ISIN,\n"
    "RELIANCE,EQ,2500.00,2560.00,2490.00,2540.00,2538.00,2495.00,5000000,12700000000,01-JAN-2019,125000,INE002A01018,\n"
    "GOVBOND,GB,100.00,100.00,100.00,100.00,100.00,100.00,10,1000,01-JAN-2019,1,IN0000000001,\n"
)
FULL = (
    "SYMBOL, SERIES, DATE1, PREV_CLOSE, OPEN_PRICE, HIGH_PRICE, LOW_PRICE, LAST_PRICE, CLOSE_PRICE, AVG_PRICE,"
    " TTL_TRD_QNTY, TURNOVER_LACS, NO_OF_TRADES, DELIV_QTY, DELIV_PER\n"
    "RELIANCE, EQ, 02-Jan-2019, 2540.00, 2545.00, 2600.00, 2530.00, 2590.00, 2588.05, 2570.11, 4100000, 105374.51,"
    " 91000, -, -\n"
)
RELIANCE = Instrument("NSE", "RELIANCE")


@pytest.fixture
def read(tmp_path):
    """Read the folder of this test; gives the recordings by instrument, of all eras."""

    def eras(**changes):
        options = {"exchange": "NSE", "start": None, "past_days": 750, "chosen_limit": 100, **changes}
        return folder_eras(FolderOptions(tmp_path, **options))

    def recordings(**changes):
        return {member.instrument: member for era in eras(**changes) for member in era.members}

    recordings.eras = eras
    return recordings


def minutes_table(rows, zone="Asia/Kolkata"):
    times = pd.to_datetime([row[1] for row in rows]).tz_localize(zone)
    columns = dict(
        zip(("open", "high", "low", "close", "volume"), zip(*(row[2:] for row in rows), strict=True), strict=True)
    )
    return pd.DataFrame({"symbol": [row[0] for row in rows], "ts": times, **columns})


@pytest.mark.parametrize("wrapping", ["plain", "gz", "zip", "upper"])
def test_a_udiff_bhavcopy_in_any_wrapping(tmp_path, read, wrapping):
    text = (UDIFF + FLAIR + FUTURE).encode()
    match wrapping:
        case "plain":
            (tmp_path / "a.csv").write_bytes(text)
        case "upper":
            (tmp_path / "B.CSV").write_bytes(b"\xef\xbb\xbf" + text)
        case "gz":
            (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text))
        case "zip":
            with zipfile.ZipFile(tmp_path / "a.csv.zip", "w") as archive:
                archive.writestr("BhavCopy.csv", text)
    (recording,) = read().values()
    assert recording.listing.instrument == Instrument("NSE", "FLAIR")
    assert (recording.listing.name, recording.listing.isin) == ("FLAIR WRITING INDUST LTD", "INE00Y201027")
    assert recording.listing.currency == "INR"
    assert list(recording.days.values()) == [
        DayBar(date(2024, 10, 15), 2_961_500, 3_001_000, 2_937_500, 2_959_500, 34_968, 2_961_500)
    ]


def test_a_bse_bhavcopy_keeps_all_its_groups(tmp_path, read):
    (tmp_path / "a.csv").write_text(UDIFF + FLAIR.replace(",NSE,", ",BSE,").replace(",EQ,", ",XT,"))
    assert list(read()) == [Instrument("BSE", "FLAIR")]


def test_a_folder_of_futures_holds_nothing(tmp_path, read):
    (tmp_path / "a.csv").write_text(UDIFF + FUTURE)
    with pytest.raises(ValueError, match="no recorded prices"):
        read()


def test_the_old_bhavcopy_and_the_one_with_delivery_join_by_day(tmp_path, read):
    (tmp_path / "one.csv").write_text(OLD)
    (tmp_path / "two.csv").write_text(FULL)
    (recording,) = read().values()
    assert recording.instrument == RELIANCE
    assert sorted(recording.days) == [date(2019, 1, 1), date(2019, 1, 2)]
    second = recording.days[date(2019, 1, 2)]
    assert (second.open_e4, second.close_e4, second.volume) == (25_450_000, 25_880_500, 4_100_000)
    assert recording.previous_closes() == {date(2019, 1, 1): 24_950_000, date(2019, 1, 2): 25_400_000}


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("day", ["2024-03-04", "04-Mar-2024", "03/04/2024"])
def test_a_plain_table_in_several_spellings(tmp_path, read, separator, day):
    lines = [["Ticker", "Date", "Open", "High", "Low", "Close"], ["SBIN", day, "770.1", "775", "769.95", "774.40"]]
    (tmp_path / "prices.csv").write_text("\n".join(separator.join(line) for line in lines))
    (recording,) = read().values()
    assert list(recording.days.values()) == [
        DayBar(date(2024, 3, 4), 7_701_000, 7_750_000, 7_699_500, 7_744_000, NO_VOLUME, None)
    ]


def test_a_file_of_one_share_is_named_by_its_file(tmp_path, read):
    (tmp_path / "TCS_daily.csv").write_text("Date,Open,High,Low,Close,Volume\n2024-03-04,4000,4010,3990,4005,100\n")
    assert list(read()) == [Instrument("NSE", "TCS")]


def test_bars_that_cannot_be_true_are_left_out(tmp_path, read):
    bad = ["0,10,0,5", "10,9,8,9", "10,12,11,12", "x,12,9,10", "-1,2,-2,1", "nan,1,1,1"]
    rows = [f"SBIN,2024-03-{4 + i:02},{prices},1" for i, prices in enumerate(["10,12,9,11", *bad])]
    (tmp_path / "prices.csv").write_text("symbol,date,open,high,low,close,volume\n" + "\n".join(rows))
    assert list(read()[Instrument("NSE", "SBIN")].days) == [date(2024, 3, 4)]


def test_names_come_from_lists_in_the_folder(tmp_path, read):
    (tmp_path / "one.csv").write_text(OLD)
    (tmp_path / "list.csv").write_text(
        "Company Name,Industry,Symbol,Series,ISIN Code\nReliance Industries Ltd.,Oil,RELIANCE,EQ,INE002A01018\n"
    )
    assert read()[RELIANCE].listing.name == "Reliance Industries Ltd."


def test_minute_bars_become_the_path_of_their_day(tmp_path, read):
    minutes_table(
        [
            ("RELIANCE", "2019-01-02 09:00", 2_000, 2_000, 2_000, 2_000, 9),  # before the open
            ("RELIANCE", "2019-01-02 09:15", 2_545, 2_550, 2_540, 2_548, 10),
            ("RELIANCE", "2019-01-02 09:16", 2_548, 2_600, 2_530, 2_590, 20),
            ("RELIANCE", "2019-01-02 15:29", 2_590, 2_591, 2_588, 2_588, 30),
        ]
    ).to_parquet(tmp_path / "minutes.parquet")
    (tmp_path / "two.csv").write_text(FULL)
    recording = read()[RELIANCE]
    (minutes,) = recording.minutes.values()
    assert minutes.start.tolist() == [0, 1, 374]
    assert minutes.length == 1
    assert recording.days[date(2019, 1, 2)].close_e4 == 25_880_500, "the day's close is the exchange's"


def test_minute_bars_alone_make_their_days(tmp_path, read):
    minutes_table(
        [("SBIN", f"2024-03-04 09:{15 + i}", 770 + i, 771 + i, 769 + i, 770.5 + i, 10) for i in range(5)]
    ).to_parquet(tmp_path / "minutes.parquet")
    (bar,) = read()[Instrument("NSE", "SBIN")].days.values()
    assert (bar.open_e4, bar.high_e4, bar.low_e4, bar.close_e4, bar.volume) == (
        7_700_000,
        7_750_000,
        7_690_000,
        7_745_000,
        50,
    )


def test_minute_bars_of_another_adjustment_are_left_out(tmp_path, read):
    """Daily bars adjusted for a later split beside minutes as they were traded: both cannot be played together."""
    minutes_table(
        [("RELIANCE", f"2019-01-02 09:{15 + i}", 5_090, 5_095, 5_085, 5_090, 1) for i in range(3)]
    ).to_parquet(tmp_path / "minutes.parquet")
    (tmp_path / "two.csv").write_text(FULL)
    assert read()[RELIANCE].minutes == {}


def test_times_of_new_york_are_us_shares_and_play_beside_india(tmp_path, read):
    minutes_table(
        [("IBM", f"2015-10-05 09:{30 + i}", 149, 150, 148, 149.5, 7) for i in range(3)], "America/New_York"
    ).to_parquet(tmp_path / "us.parquet")
    (tmp_path / "one.csv").write_text(OLD)
    eras = read.eras()
    assert [[str(member.instrument) for member in era.members] for era in eras] == [["NSE:RELIANCE"], ["NYSE:IBM"]]


def test_a_file_that_cannot_be_read_does_not_stop_the_others(tmp_path, read):
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    (tmp_path / "broken.zip").write_bytes(b"no archive")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "one.csv").write_text(OLD)
    assert list(read()) == [RELIANCE]


def test_the_start_leaves_a_past_and_hours_to_play(tmp_path, read):
    days = pd.bdate_range("2020-01-01", periods=100)
    pd.DataFrame(
        {"symbol": "SBIN", "date": days, "open": 10.0, "high": 11.0, "low": 9.0, "close": 10.0, "volume": 1}
    ).to_parquet(tmp_path / "days.parquet")
    (era,) = read.eras()
    assert (era.start, era.length) == (20, 80)
    (era,) = read.eras(start=date(2020, 3, 1), past_days=10)
    assert (era.day(0), era.start) == (date(2020, 3, 2), 10)


def test_the_busiest_are_chosen(tmp_path, read):
    rows = [f"S{i},2024-03-04,10,12,9,11,{i * 100}" for i in range(5)]
    (tmp_path / "prices.csv").write_text("symbol,date,open,high,low,close,volume\n" + "\n".join(rows))
    chosen = [one.symbol for one, recording in read(chosen_limit=2).items() if recording.listing.chosen]
    assert chosen == ["S3", "S4"]


@pytest.mark.data
@pytest.mark.skipif("SHAREWISE_DATA" not in os.environ, reason="SHAREWISE_DATA names no folder")
def test_the_wide_folder_is_read_whole():
    folder = Path(os.environ["SHAREWISE_DATA"]) / "market"
    eras = folder_eras(FolderOptions(folder, "NSE", None, 750, 100))
    india = next(era for era in eras if era.name == "IN")
    names = {member.instrument.symbol: member.listing for member in india.members}
    assert names["RELIANCE"].name == "Reliance Industries Ltd."
    assert names["RELIANCE"].chosen
    assert 50 <= sum(listing.chosen for listing in names.values()) <= 100
    assert india.length >= 250
