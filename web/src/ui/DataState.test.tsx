import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { renderWithServices } from "@/testing/render";
import { DataState, type Region } from "./DataState";

function show(query: Partial<Region<string[]>>) {
  const region: Region<string[]> = { refetch: vi.fn(), ...query };
  renderWithServices(
    <DataState
      query={region}
      what="your alerts"
      skeleton={<div data-testid="skeleton" />}
      isEmpty={(items) => items.length === 0}
      empty={<p>Nothing yet</p>}
    >
      {(items) => <p>{items.join(", ")}</p>}
    </DataState>,
  );
  return region;
}

function refusal(status: number, members: object = {}) {
  return { status, data: { code: "some_code", detail: "The API's own words.", request_id: "req-42", ...members } };
}

afterEach(() => vi.useRealTimers());

describe("a region of data", () => {
  it("takes its space at once and shows its skeleton after 150 ms", () => {
    vi.useFakeTimers();
    show({});
    expect(screen.getByRole("status").textContent).toBe("Loading your alerts…");
    const frame = screen.getByTestId("skeleton").parentElement as HTMLElement;
    expect(getComputedStyle(frame).visibility).toBe("hidden");
    act(() => vi.advanceTimersByTime(150));
    expect(getComputedStyle(frame).visibility).toBe("visible");
  });

  it("shows its data", () => {
    show({ data: ["AAPL", "MSFT"] });
    expect(screen.getByText("AAPL, MSFT")).toBeTruthy();
  });

  it("says why it is empty", () => {
    show({ data: [] });
    expect(screen.getByText("Nothing yet")).toBeTruthy();
  });

  it("says what failed, names the request and tries again", async () => {
    const region = show({ error: refusal(500) });
    expect(screen.getByRole("alert").textContent).toContain("We could not load your alerts.");
    expect(screen.getByText("Request req-42")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Copy request id" })).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(region.refetch).toHaveBeenCalledTimes(1);
  });

  it.each([
    ["is not there", refusal(404)],
    ["has an address that names nothing", refusal(422, { code: "validation_failed", errors: [{ field: "/path/alert_id", code: "uuid", message: "" }] })],
  ])("says that what %s was not found, and offers no other try", (_, error) => {
    show({ error });
    expect(screen.getByRole("alert").textContent).toContain("We could not find your alerts.");
    expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
  });

  it("keeps old data when a new reading fails, and says how old it is", () => {
    show({ data: ["AAPL"], error: refusal(503), fulfilledTimeStamp: Date.now() - 42_500 });
    expect(screen.getByText("AAPL")).toBeTruthy();
    expect(screen.getByRole("status").textContent).toMatch(/We could not refresh your alerts\. You see what we had 4[123] s ago\./);
  });

  it("keeps old data of hours ago with its time", () => {
    show({ data: ["AAPL"], error: refusal(503), fulfilledTimeStamp: Date.parse("2026-11-20T10:00:00Z") });
    expect(screen.getByRole("status").textContent).toContain("at 3:30:00 pm IST");
  });

  it("says that the plan does not include it, and where to see plans", () => {
    show({ error: refusal(402, { code: "plan_limit", limit: 50 }) });
    expect(screen.getByRole("status").textContent).toContain("Your plan allows 50 active alerts.");
    expect(screen.getByRole("link", { name: "See plans" }).getAttribute("href")).toBe("/pricing");
  });

  it("says that it is not allowed", () => {
    show({ error: refusal(403) });
    expect(screen.getByRole("status").textContent).toContain("You do not have access to your alerts");
    expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
  });
});
