import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { AAPL, createdAlert, problem, useServer } from "@/testing/api";
import { renderWithServices } from "@/testing/render";
import { NewAlert } from "./NewAlert";

const server = useServer();
const onDone = vi.fn();

beforeEach(() => {
  onDone.mockReset();
  server.use(
    http.get("/api/stocks/NASDAQ%3AAAPL/", () => HttpResponse.json(AAPL)),
    http.get("/api/instruments/", () => HttpResponse.json({ items: [AAPL], next_cursor: null })),
  );
});

async function open(draft = {}) {
  const view = renderWithServices(<NewAlert draft={{ instrument: "NASDAQ:AAPL", ...draft }} onDone={onDone} />);
  await screen.findByRole("button", { name: "Create alert" });
  return view;
}

const create = () => userEvent.click(screen.getByRole("button", { name: "Create alert" }));
const typePrice = (price: string) => userEvent.type(screen.getByLabelText("Price in USD"), price);

describe("the form of a new alert", () => {
  it("says the rule as a sentence while it is made", async () => {
    await open();
    await typePrice("230");
    expect(screen.getByText("Tell me once when AAPL on NASDAQ trades at or above $230.00.")).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "At or below" }));
    expect(screen.getByText("Tell me once when AAPL on NASDAQ trades at or below $230.00.")).toBeTruthy();
  });

  it("warns of a rule that is already true", async () => {
    const fresh = { ...AAPL, received_at: new Date().toISOString() };
    server.use(http.get("/api/stocks/NASDAQ%3AAAPL/", () => HttpResponse.json(fresh)));
    await open();
    await typePrice("227.25");
    expect(screen.getByText("AAPL is at $227.25 now, so this is already true. The alert fires at the next price.")).toBeTruthy();
  });

  it("asks for a price that is one", async () => {
    await open();
    await typePrice("12a");
    await create();
    expect(await screen.findByText("Write a price above zero with at most four decimals.")).toBeTruthy();
    expect(onDone).not.toHaveBeenCalled();
  });

  it("sends the price as the decimal string that was typed, and says that it is done", async () => {
    const bodies: unknown[] = [];
    server.use(
      http.post("/api/alerts/", async ({ request }) => {
        bodies.push(await request.json());
        return HttpResponse.json(createdAlert("230.10"), { status: 201 });
      }),
    );
    await open();
    await typePrice("230.10");
    await create();
    await waitFor(() => expect(onDone).toHaveBeenCalledTimes(1));
    expect(bodies).toEqual([
      { stock_symbol: "NASDAQ:AAPL", alert_type: "threshold", condition: "above", threshold_price: "230.10", note: null },
    ]);
    expect(await screen.findByText("Alert created successfully!")).toBeTruthy();
  });

  it("sends the same key again after an answer that never came", async () => {
    const keys: (string | null)[] = [];
    server.use(
      http.post("/api/alerts/", ({ request }) => {
        keys.push(request.headers.get("idempotency-key"));
        return keys.length === 1 ? HttpResponse.error() : HttpResponse.json(createdAlert("230.00"), { status: 201 });
      }),
    );
    await open({ price: "230.00" });
    await create();
    await screen.findByText(/cannot be reached/);
    await create();
    await waitFor(() => expect(onDone).toHaveBeenCalledTimes(1));
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(keys[1]).toBe(keys[0]);
  });

  it("says the plan's limit and where more is to be had", async () => {
    server.use(http.post("/api/alerts/", () => problem(402, "plan_limit", { limit: 50, used: 50, upgrade_to: "PRO" })));
    await open({ price: "230.00" });
    await create();
    expect((await screen.findByRole("alert")).textContent).toContain("Your plan allows 50 active alerts.");
    expect(screen.getByRole("link", { name: "Compare plans" }).getAttribute("href")).toBe("/pricing");
  });

  it("shows a refusal at the field that it is about", async () => {
    const errors = [{ field: "/threshold_price", code: "too_large", message: "That is more than any price." }];
    server.use(http.post("/api/alerts/", () => problem(422, "validation_failed", { errors })));
    await open({ price: "230.00" });
    await create();
    expect(await screen.findByText("That is more than any price.")).toBeTruthy();
    expect(screen.getByLabelText("Price in USD").getAttribute("aria-invalid")).toBe("true");
  });
});
