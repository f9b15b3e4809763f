import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import type { CompanyEvent } from "@/api";
import { useServer } from "@/testing/api";
import { renderWithServices } from "@/testing/render";
import CompanyDaysPage from "./CompanyDaysPage";

const server = useServer();

const DIVIDEND: CompanyEvent = {
  id: "0198c5a4-0000-7000-8000-000000000011",
  instrument: "NSE:TCS",
  symbol: "TCS",
  exchange: "NSE",
  name: "Tata Consultancy Services Limited",
  currency: "INR",
  kind: "dividend",
  day: "2026-11-26",
  record_day: "2026-11-27",
  previous_day: null,
  words: "Interim Dividend - Rs 8 Per Share",
  amount: "8",
  old_shares: null,
  new_shares: null,
  source: "nse-actions",
  received_at: "2026-11-20T10:00:00Z",
};
const RESULTS: CompanyEvent = {
  ...DIVIDEND,
  id: "0198c5a4-0000-7000-8000-000000000012",
  kind: "results",
  record_day: null,
  previous_day: "2026-11-24",
  words: "Financial Results",
  amount: null,
  source: "nse-meetings",
};

function answer(asked: URLSearchParams[], items: CompanyEvent[], next: string | null = null) {
  server.use(
    http.get("/api/watchlists/", () => HttpResponse.json({ items: [], next_cursor: null })),
    http.get("/api/company-events/", ({ request }) => {
      const { searchParams } = new URL(request.url);
      asked.push(searchParams);
      return HttpResponse.json({ items, next_cursor: searchParams.has("cursor") ? null : next });
    }),
  );
}

describe("results and ex-days", () => {
  it("stand under their day, with amount, source and from where they were moved", async () => {
    answer([], [DIVIDEND, RESULTS]);
    renderWithServices(<CompanyDaysPage />, { path: "/calendar?from=2026-11-20" });
    expect(await screen.findByRole("heading", { name: /26 November,? 2026/ })).toBeTruthy();
    expect(screen.getByText(/₹8\.00 a share · record day 27 Nov 2026/)).toBeTruthy();
    expect(screen.getByText("moved from 24 Nov 2026")).toBeTruthy();
    expect(screen.getByText(/NSE board meetings, received/)).toBeTruthy();
    expect(screen.getAllByRole("link", { name: "TCS" })[0]?.getAttribute("href")).toBe("/stocks/NSE/TCS");
  });

  it("are asked for by kind and list, and page by page", async () => {
    const asked: URLSearchParams[] = [];
    answer(asked, [DIVIDEND], "next");
    renderWithServices(<CompanyDaysPage />, { path: "/calendar?from=2026-11-20&of=mine" });
    await userEvent.click(await screen.findByRole("button", { name: "Show more" }));
    await waitFor(() => expect(screen.getAllByText("Interim Dividend - Rs 8 Per Share", { exact: false })).toHaveLength(2));
    expect(asked.map((each) => [each.get("mine"), each.get("cursor")])).toEqual([
      ["true", null],
      ["true", "next"],
    ]);
    await userEvent.click(screen.getByLabelText("Kind"));
    await userEvent.click(await screen.findByRole("option", { name: "Bonus" }));
    await screen.findByRole("button", { name: "Show more" });
    expect(asked.at(-1)?.getAll("kind")).toEqual(["bonus"]);
  });

  it("say that nothing is known", async () => {
    answer([], []);
    renderWithServices(<CompanyDaysPage />, { path: "/calendar" });
    expect(await screen.findByText("Nothing is known for these days")).toBeTruthy();
  });
});
