"""The pure parts: paths, addresses, routes, headers, frames, quotes, replay windows."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.clients import HostList, TrustedHops, is_loopback, limit_key
from gateway.observation import loggable
from gateway.paths import AmbiguousPath, canonical
from gateway.proxy import headers as header_rules
from gateway.proxy.headers import downstream_header, upstream_lines
from gateway.routes import ROUTES, Access, RouteTable
from gateway.server.socket import text_frame
from gateway.sockets.budget import MessageBudget
from gateway.sockets.quotes import change_percent, price_text, time_text
from gateway.sockets.replay import MustResync, ReplayWindows, Seen
from libs.common.clock import from_ms
from libs.common.events.streams import EntryId
from libs.common.money import from_e4


class TestPaths:
    @pytest.mark.parametrize(
        ("raw", "path"),
        [
            (b"/api/v1/stocks/", b"/api/stocks/"),
            (b"/api/v1", b"/api/v1"),
            (b"/api/stocks/NSE:M&M/", b"/api/stocks/NSE:M&M/"),
            (b"/api/stocks/NYSE:BRK.B/", b"/api/stocks/NYSE:BRK.B/"),
            (b"/api/stocks/a%20b", b"/api/stocks/a%20b"),
            (b"/api/auth/.well-known/jwks.json", b"/api/auth/.well-known/jwks.json"),
            (b"/", b"/"),
        ],
    )
    def test_a_path_with_one_reading_passes(self, raw: bytes, path: bytes) -> None:
        assert canonical(raw) == path

    @given(st.binary(max_size=60))
    def test_what_passes_is_plain_and_cannot_climb(self, raw: bytes) -> None:
        try:
            path = canonical(b"/" + raw)
        except AmbiguousPath:
            return
        segments = path.split(b"/")[1:]
        assert not {b".", b".."} & set(segments)
        assert all(segments[:-1])
        assert path.isascii()
        assert b"\\" not in path


class TestRoutes:
    def test_the_longest_prefix_wins_and_matches_whole_segments(self) -> None:
        table = RouteTable()
        found = {path: table.find(path.encode()) for path in ("/api/users/login/", "/api/users/me", "/api/stocksx/")}
        assert found["/api/users/login/"] is not None
        assert found["/api/users/login/"].access is Access.PUBLIC
        assert found["/api/users/me"] is not None
        assert found["/api/users/me"].access is Access.USER
        assert found["/api/stocksx/"] is None
        staff = table.find(b"/api/users/mex/")
        assert staff is not None
        assert staff.prefix == "/api/users"

    def test_every_row_finds_itself(self) -> None:
        table = RouteTable()
        for route in ROUTES:
            for path in (route.prefix, f"{route.prefix}/", f"{route.prefix}/x/y/"):
                assert table.find(path.encode()) is route

    @pytest.mark.parametrize("path", ["/internal/x", "/api/internal", "/healthz", "/", "/api", "/api/", "/apistocks"])
    def test_nothing_inside_has_a_row(self, path: str) -> None:
        assert RouteTable().find(path.encode()) is None


class TestAddresses:
    @pytest.mark.parametrize(
        ("peer", "forwarded", "client"),
        [
            ("9.9.9.9", "1.1.1.1", "9.9.9.9"),
            ("10.0.0.1", "1.1.1.1", "1.1.1.1"),
            ("10.0.0.1", "6.6.6.6, 1.1.1.1", "1.1.1.1"),
            ("10.0.0.1", "6.6.6.6, 1.1.1.1, 10.0.0.2", "1.1.1.1"),
            ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("10.0.0.1", "nonsense", "10.0.0.1"),
            ("10.0.0.1", "1.1.1.1, nonsense", "10.0.0.1"),
            ("10.0.0.1", "", "10.0.0.1"),
            ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ],
    )
    def test_only_trusted_hops_are_believed(self, peer: str, forwarded: str, client: str) -> None:
        headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
        assert TrustedHops(["10.0.0.0/8"]).client_of(peer, headers) == client
        assert TrustedHops().client_of(peer, headers) == peer

    def test_one_client_has_one_key(self) -> None:
        assert limit_key("2001:db8:1:2:3::4") == limit_key("2001:db8:1:2:ffff::1") == b"2001:db8:1:2::/64"
        assert limit_key("::ffff:1.2.3.4") == limit_key("1.2.3.4") == b"1.2.3.4"
        assert limit_key("nonsense") == b"unknown"

    def test_loopback(self) -> None:
        assert all(map(is_loopback, ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1")))
        assert not any(map(is_loopback, ("10.0.0.1", "::2", "localhost", "")))

    def test_hosts(self) -> None:
        hosts = HostList(["localhost", "::1", "app.example.com"])
        assert all(map(hosts.allows, (b"localhost", b"LOCALHOST:8000", b"[::1]:8000", b"app.example.com")))
        assert not any(map(hosts.allows, (b"evil.example", b"xapp.example.com", b"[::2]", b"", b"localhost.evil")))
        assert HostList(["*"]).allows(b"anything")


class TestHeaders:
    def test_the_memory_of_names_is_bounded(self) -> None:
        upstream_lines([(b"x-%d" % number, b"1") for number in range(5_000)], cookies=False)
        for number in range(5_000):
            assert downstream_header(b"X-%d" % number) == b"x-%d" % number
        assert len(header_rules._up.known) <= 2_000
        assert len(header_rules._down.known) <= 2_000

    def test_connection_names_what_ends_here(self) -> None:
        lines = upstream_lines(
            [(b"connection", b"close, X-Secret"), (b"x-secret", b"1"), (b"accept", b"*/*")], cookies=False
        )
        assert lines == [b"accept: */*\r\n"]


class TestQuotes:
    @given(st.integers(0, 10**12))
    def test_a_price_reads_as_everywhere_else(self, price_e4: int) -> None:
        assert price_text(price_e4) == f"{from_e4(price_e4):f}"

    @given(st.integers(1, 10**9), st.integers(1, 10**9))
    def test_a_change_is_exact(self, price: int, previous: int) -> None:
        exact = Decimal(price - previous) * 100 / previous
        assert abs(Decimal(change_percent(price, previous)) - exact) <= Decimal("0.005")
        assert change_percent(price, price) == "0.00"

    @given(st.integers(0, 4 * 10**12))
    def test_a_time_reads_as_the_norm(self, ms: int) -> None:
        assert time_text(ms) == from_ms(ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 70_000])
def test_a_frame_is_read_by_another_library(size: int) -> None:
    from websockets.frames import Frame, Opcode
    from websockets.streams import StreamReader

    reader = StreamReader()
    reader.feed_data(text_frame(b"x" * size))
    parsing = Frame.parse(reader.read_exact, mask=False)
    with pytest.raises(StopIteration) as done:
        next(parsing)
    frame = done.value.value
    assert (frame.opcode, bytes(frame.data), frame.fin) == (Opcode.TEXT, b"x" * size, True)


class TestReplay:
    def windows(self, per_user: int = 3, total: int = 1_000) -> ReplayWindows:
        windows = ReplayWindows(keep_ms=1_000, per_user=per_user, total=total)
        windows.begin("c", 10_000)
        return windows

    def test_what_came_after_is_given_in_order(self) -> None:
        windows = self.windows()
        for number in range(3):
            windows.add("c", "u", EntryId(10_100, number), b"%d" % number)
        assert windows.after("c", "u", "10100-0") == [b"1", b"2"]
        assert windows.after("c", "u", "10100-2") == windows.after("c", "other", "10050-0") == []

    def test_before_the_window_is_a_resync(self) -> None:
        for since in ("9999-9", "0", "x", "", "9999"):
            with pytest.raises(MustResync):
                self.windows().after("c", "u", since)
        with pytest.raises(MustResync):
            ReplayWindows(keep_ms=1, per_user=1).after("c", "u", "10000-0")

    def test_beyond_the_number_per_user_is_a_resync(self) -> None:
        windows = self.windows(per_user=2)
        for number in range(4):
            windows.add("c", "u", EntryId(10_100, number), b"%d" % number)
        assert windows.after("c", "u", "10100-1") == [b"2", b"3"]
        with pytest.raises(MustResync):
            windows.after("c", "u", "10100-0")

    def test_beyond_the_total_the_oldest_go(self) -> None:
        windows = self.windows(per_user=100, total=5)
        for number in range(10):
            windows.add("c", f"u{number % 2}", EntryId(10_100, number), b"%d" % number)
        assert windows._count == 5
        assert windows.after("c", "u1", "10100-6") == [b"7", b"9"]
        with pytest.raises(MustResync):
            windows.after("c", "u1", "10100-1")

    def test_time_passes_and_nothing_is_left(self) -> None:
        windows = self.windows()
        for number in range(10):
            windows.add("c", f"u{number}", EntryId(10_100, number), b"")
        windows.expire(12_000)
        assert (windows._count, len(windows._windows), len(windows._order)) == (0, 0, 0)
        with pytest.raises(MustResync):
            windows.after("c", "u1", "10999-0")
        assert windows.after("c", "u1", "11000-0") == []

    @given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 400)), max_size=80), st.integers(0, 80))
    def test_a_replay_is_whole_or_refused(self, steps: list[tuple[int, int]], have: int) -> None:
        windows = self.windows(per_user=5, total=20)
        told: dict[str, list[tuple[EntryId, bytes]]] = {}
        now, entries = 10_000, [EntryId(10_000, 0)]
        for number, (user, wait) in enumerate(steps):
            now += wait
            windows.expire(now)
            entry, frame = EntryId(now, number + 1), b"%d" % number
            entries.append(entry)
            windows.add("c", str(user), entry, frame)
            told.setdefault(str(user), []).append((entry, frame))
        since = entries[min(have, len(entries) - 1)]
        for user, messages in told.items():
            try:
                given_ = windows.after("c", user, str(since))
            except MustResync:
                continue
            assert given_ == [frame for entry, frame in messages if entry > since]


def test_seen_forgets_the_oldest() -> None:
    seen = Seen(size=100)
    assert all(seen.is_new(str(number)) for number in range(150))
    assert not seen.is_new("149")
    assert seen.is_new("0")
    assert len(seen._ids) <= 100


def test_a_budget_gives_so_many_a_second_and_a_burst_of_as_many() -> None:
    now = 0
    budget = MessageBudget(20, now_ns=lambda: now)
    assert [budget.take() for _ in range(21)] == [True] * 20 + [False]
    now += 50_000_000
    assert [budget.take(), budget.take()] == [True, False]


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        (b"/api/alerts/01a20028-d673-7586-b171-b635be3f7ae1/", "/api/alerts/01a20028-d673-7586-b171-b635be3f7ae1/"),
        (b"/api/stocks/NASDAQ:AAPL/candles/", "/api/stocks/NASDAQ:AAPL/candles/"),
        (b"/verify/" + b"x" * 43 + b"/", "/verify/***/"),
        (b"/api/eyJhbGciOiJFUzI1NiJ9." + b"x" * 300, "/api/***"),
        (b"/api/users/trader@example.com/", "/api/users/t***@example.com/"),
    ],
)
def test_a_path_is_logged_without_what_may_be_a_secret(path: bytes, logged: str) -> None:
    assert loggable(path) == logged
