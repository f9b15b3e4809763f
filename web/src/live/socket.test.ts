import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeSocket } from "@/testing/fakeSocket";
import { LiveSocket } from "./socket";

const AAPL = "ticks:NASDAQ:AAPL";
const MSFT = "ticks:NASDAQ:MSFT";

const credential = vi.fn(async (rejected: string | null): Promise<string | null> => (rejected === null ? "token-1" : "token-2"));
const isMute = vi.fn(async () => false);
let live: LiveSocket;

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.opened = [];
  credential.mockClear();
  isMute.mockReset().mockResolvedValue(false);
  live = new LiveSocket({ url: "ws://test/ws", credential, isMute, open: () => new FakeSocket() as unknown as WebSocket, random: () => 0 });
});

afterEach(() => {
  live.stop();
  vi.useRealTimers();
});

/** Let timers of so many milliseconds and everything that waits for them happen. */
const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

async function start() {
  live.start();
  await pass(0);
  FakeSocket.last.signIn();
  await pass(30);
}

function hear(channel: string) {
  const told: unknown[] = [];
  const onResync = vi.fn();
  const leave = live.subscribe(channel, { onData: (data) => told.push(data), onResync });
  return { told, onResync, leave };
}

function hide(hidden: boolean) {
  vi.spyOn(document, "hidden", "get").mockReturnValue(hidden);
  document.dispatchEvent(new Event("visibilitychange"));
}

describe("signing in", () => {
  it("sends the token in the first frame and subscribes once it is taken", async () => {
    hear(AAPL);
    live.start();
    await pass(0);
    FakeSocket.last.accept();
    await pass(30);
    expect(FakeSocket.last.sent).toEqual([{ op: "auth", id: "auth", token: "token-1" }]);
    FakeSocket.last.say({ op: "ack", id: "auth", of: "auth", status: "live" });
    expect(live.getState().status).toBe("live");
    expect(FakeSocket.last.sentOf("subscribe")).toEqual([{ op: "subscribe", id: "subscribe", channels: [AAPL], since: {} }]);
  });

  it("renews a refused token and tries again at once", async () => {
    live.start();
    await pass(0);
    FakeSocket.last.accept();
    FakeSocket.last.drop(4401);
    await pass(0);
    expect(credential).toHaveBeenLastCalledWith("token-1");
    FakeSocket.last.accept();
    expect(FakeSocket.last.sent).toEqual([{ op: "auth", id: "auth", token: "token-2" }]);
  });

  it("gives the open socket a new token when the old one is about to end", async () => {
    await start();
    FakeSocket.last.say({ op: "token_expiring", expires_at: "2026-11-20T10:00:00Z" });
    await pass(0);
    expect(FakeSocket.last.sentOf("auth").at(-1)).toEqual({ op: "auth", id: "auth", token: "token-2" });
    expect(FakeSocket.opened).toHaveLength(1);
  });

  it("gives up on a server that never answers the sign-in", async () => {
    live.start();
    await pass(0);
    FakeSocket.last.accept();
    await pass(10_000);
    expect(FakeSocket.last.closedWith).toBe(1000);
    expect(live.getState().status).toBe("reconnecting");
  });
});

describe("subscriptions", () => {
  it("asks once for a channel that several listen to, and leaves with the last of them", async () => {
    await start();
    const first = hear(AAPL);
    const second = hear(AAPL);
    await pass(30);
    expect(FakeSocket.last.sentOf("subscribe")).toHaveLength(1);
    first.leave();
    await pass(30);
    expect(FakeSocket.last.sentOf("unsubscribe")).toHaveLength(0);
    second.leave();
    await pass(30);
    expect(FakeSocket.last.sentOf("unsubscribe")).toEqual([{ op: "unsubscribe", channels: [AAPL] }]);
  });

  it("joins what one page change leaves and takes into one frame each", async () => {
    await start();
    const old = hear(AAPL);
    await pass(30);
    old.leave();
    hear(AAPL);
    hear(MSFT);
    await pass(30);
    expect(FakeSocket.last.sentOf("unsubscribe")).toHaveLength(0);
    expect(FakeSocket.last.sentOf("subscribe").at(-1)).toMatchObject({ channels: [MSFT] });
  });

  it("tells the plan's limit, and asks again for what was refused once there is room", async () => {
    await start();
    const first = hear(AAPL);
    hear(MSFT);
    await pass(30);
    const refused = [{ channel: MSFT, code: "plan_limit", limit: 1 }];
    FakeSocket.last.say({ op: "ack", id: "subscribe", of: "subscribe", channels: [AAPL], refused });
    expect(live.getState().liveLimit).toBe(1);
    first.leave();
    await pass(30);
    expect(FakeSocket.last.sentOf("subscribe").at(-1)).toMatchObject({ channels: [MSFT] });
    FakeSocket.last.say({ op: "ack", id: "subscribe", of: "subscribe", channels: [MSFT], refused: [] });
    expect(live.getState().liveLimit).toBeNull();
  });
});

describe("events", () => {
  it("are told once and never backwards", async () => {
    const { told } = hear("notifications");
    await start();
    for (const seq of ["5-0", "7-0", "7-0", "6-0", "7-1"]) FakeSocket.last.say({ ch: "notifications", seq, data: seq });
    expect(told).toEqual(["5-0", "7-0", "7-1"]);
  });

  it("come back with what was missed after a drop", async () => {
    hear("notifications");
    await start();
    FakeSocket.last.say({ ch: "notifications", seq: "7-0", data: 1 });
    FakeSocket.last.drop();
    await pass(1_000);
    FakeSocket.last.signIn();
    expect(FakeSocket.last.sentOf("subscribe")).toEqual([
      { op: "subscribe", id: "subscribe", channels: ["notifications"], since: { notifications: "7-0" } },
    ]);
  });

  it("begin where the server's ping says that the channel is, when nothing was heard", async () => {
    hear("notifications");
    await start();
    FakeSocket.last.say({ op: "ping", at: "2026-11-20T10:00:00Z", seq: { notifications: "9-0" } });
    FakeSocket.last.drop();
    await pass(1_000);
    FakeSocket.last.signIn();
    expect(FakeSocket.last.sentOf("subscribe")[0]).toMatchObject({ since: { notifications: "9-0" } });
  });

  it("ask for a new reading when the server cannot replay", async () => {
    const { onResync } = hear("notifications");
    await start();
    FakeSocket.last.say({ ch: "notifications", seq: "7-0", data: 1 });
    FakeSocket.last.say({ op: "resync_required", channels: ["notifications"] });
    expect(onResync).toHaveBeenCalledTimes(1);
  });

  it("ask for a new reading when a channel begins, for what happened before it did", async () => {
    const { onResync } = hear("notifications");
    await start();
    FakeSocket.last.say({ op: "ack", id: "subscribe", of: "subscribe", channels: ["notifications"], refused: [] });
    expect(onResync).toHaveBeenCalledTimes(1);
  });

  it("of another person are not asked for after signing out", async () => {
    hear("notifications");
    await start();
    FakeSocket.last.say({ ch: "notifications", seq: "7-0", data: 1 });
    live.stop();
    await start();
    expect(FakeSocket.last.sentOf("subscribe")[0]).toMatchObject({ since: {} });
  });
});

describe("trouble", () => {
  it("waits longer after each drop, and lets REST take over after three", async () => {
    hear(AAPL);
    await start();
    const waits: number[] = [];
    for (const expected of ["reconnecting", "reconnecting", "polling", "polling"]) {
      FakeSocket.last.drop();
      expect(live.getState().status).toBe(expected);
      waits.push((live.getState().retryAt ?? 0) - Date.now());
      await pass(waits.at(-1) ?? 0);
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000]);
  });

  it("forgets the failures once prices come again", async () => {
    hear(AAPL);
    await start();
    for (let drop = 0; drop < 3; drop += 1) {
      FakeSocket.last.drop();
      await pass(4_000);
    }
    FakeSocket.last.signIn();
    expect(live.getState().status).toBe("live");
    FakeSocket.last.say({ ch: AAPL, seq: "1-0", data: {} });
    FakeSocket.last.drop();
    expect(live.getState().status).toBe("reconnecting");
  });

  it("opens a socket anew that says nothing at all", async () => {
    await start();
    await pass(45_000);
    expect(live.getState().status).toBe("reconnecting");
    await pass(1_000);
    expect(FakeSocket.opened).toHaveLength(2);
  });

  it("answers pings, which keep the socket", async () => {
    await start();
    for (let ping = 0; ping < 6; ping += 1) {
      await pass(20_000);
      FakeSocket.last.say({ op: "ping", at: "", seq: {} });
    }
    expect(FakeSocket.opened).toHaveLength(1);
    expect(FakeSocket.last.sentOf("pong")).toHaveLength(6);
  });

  it("opens a socket anew that pings but brings no prices while the API has newer ones", async () => {
    hear(AAPL);
    await start();
    isMute.mockResolvedValue(true);
    await pass(15_000);
    expect(isMute).toHaveBeenCalledWith(["NASDAQ:AAPL"]);
    expect(live.getState().status).toBe("reconnecting");
  });

  it("keeps the socket when it is the market that is quiet", async () => {
    hear(AAPL);
    await start();
    await pass(40_000);
    expect(isMute).toHaveBeenCalledTimes(2);
    expect(live.getState().status).toBe("live");
  });

  it("keeps the socket when a price came while the API was asked", async () => {
    hear(AAPL);
    await start();
    let answer: (mute: boolean) => void = () => {};
    isMute.mockImplementation(() => new Promise((resolve) => (answer = resolve)));
    await pass(15_000);
    FakeSocket.last.say({ ch: AAPL, seq: "1-0", data: {} });
    answer(true);
    await pass(0);
    expect(live.getState().status).toBe("live");
  });

  it("polls while the server says that prices do not come through", async () => {
    await start();
    FakeSocket.last.say({ op: "status", state: "degraded" });
    expect(live.getState().status).toBe("polling");
    FakeSocket.last.say({ op: "status", state: "live" });
    expect(live.getState().status).toBe("live");
    expect(FakeSocket.opened).toHaveLength(1);
  });

  it("leaves words alone that a newer server says", async () => {
    await start();
    FakeSocket.last.say({ op: "weather", is: "fine" });
    FakeSocket.last.say({ ch: "orders", seq: "1-0", data: {} });
    expect(live.getState().status).toBe("live");
  });
});

describe("the page", () => {
  it("pauses five seconds after it is hidden, and goes on when it is seen", async () => {
    await start();
    hide(true);
    await pass(4_900);
    expect(live.getState().status).toBe("live");
    await pass(200);
    expect(live.getState().status).toBe("paused");
    hide(false);
    await pass(0);
    expect(FakeSocket.opened).toHaveLength(2);
  });

  it("stays when it is hidden for a moment only", async () => {
    await start();
    hide(true);
    await pass(3_000);
    hide(false);
    await pass(10_000);
    expect(FakeSocket.opened).toHaveLength(1);
  });

  it("says that the device is offline, and comes back with the network", async () => {
    await start();
    window.dispatchEvent(new Event("offline"));
    expect(live.getState().status).toBe("offline");
    window.dispatchEvent(new Event("online"));
    await pass(0);
    FakeSocket.last.signIn();
    expect(live.getState().status).toBe("live");
  });
});
