import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { beforeEach, describe, expect, it } from "vitest";
import { patterns as words } from "@/i18n/en/patterns";
import { useServer } from "@/testing/api";
import { renderWithServices } from "@/testing/render";
import type { Bar } from "@/ui/chart/bars";
import { pathOf, type Pattern } from "@/ui/chart/patterns";
import PatternTable from "./PatternTable";
import { keepPatterns, patternsKept, usePatterns } from "./usePatterns";

const server = useServer();
const asked: URLSearchParams[] = [];
const at = (date: number) => `2026-01-${date.toString().padStart(2, "0")}T14:30:00Z`;
const BARS: Bar[] = [12, 13, 14, 15, 16].map((date) => ({ at: at(date), open: "10", high: "12", low: "9", close: "11", volume: 5, interpolated: false, complete: date < 16 }));
const LOW: Pattern = {
  name: "double_bottom",
  points_to: "up",
  at: at(15),
  close: "12.5",
  confidence: 0.744,
  target: "15",
  stop: "9",
  points: [{ at: at(12), price: "9" }, { at: at(13), price: "12" }, { at: at(14), price: "9.1" }],
  line: [{ at: at(13), price: "12" }, { at: at(15), price: "12" }],
};
const CLIMAX: Pattern = { ...LOW, name: "selling_climax", at: at(14), points: [{ at: at(14), price: "9.1" }], line: [{ at: at(14), price: "9.1" }, { at: at(14), price: "9.1" }] };
const OLDER: Pattern = { ...LOW, name: "double_top", points: [{ at: at(2), price: "9" }] };

beforeEach(() => {
  localStorage.clear();
  asked.length = 0;
  server.use(
    http.get("/api/stocks/NASDAQ%3AAAPL/patterns/", ({ request }) => {
      asked.push(new URL(request.url).searchParams);
      return HttpResponse.json({ instrument: "NASDAQ:AAPL", interval: "1d", patterns: [OLDER, CLIMAX, LOW] });
    }),
  );
});

function Shown({ isOn = true }: { isOn?: boolean }) {
  const { drawn, pick, failed } = usePatterns("NASDAQ:AAPL", "1d", isOn, BARS, true);
  return (
    <>
      {failed && <p>failed</p>}
      {drawn !== null && <PatternTable symbol="AAPL" drawn={drawn} interval="1d" currency="USD" zone="America/New_York" onPick={pick} />}
    </>
  );
}

describe("the patterns of a chart", { timeout: 20_000 }, () => {
  it("stand in a table, newest first, with target, stop and corners; the newest is chosen until another is", async () => {
    renderWithServices(<Shown />);
    const rows = (await screen.findAllByRole("row")).slice(1);
    expect(rows.map((row) => within(row).getByRole("button").textContent)).toEqual(["Double bottom", "Selling climax"]);
    expect(rows[0]?.textContent).toContain("Corners: 12 Jan 2026 9.00; 13 Jan 2026 12.00; 14 Jan 2026 9.10");
    expect(within(rows[0] as HTMLElement).getAllByRole("cell").map((cell) => cell.textContent)).toEqual(["15.00", "9.00", "0.74"]);
    expect(screen.getByRole("button", { name: "Double bottom", pressed: true })).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Selling climax" }));
    expect(screen.getByRole("button", { name: "Selling climax", pressed: true })).toBeTruthy();
  });

  it("are asked for up to the newest bar that is over, with bars before those that are shown", async () => {
    renderWithServices(<Shown />);
    await screen.findAllByRole("row");
    expect(asked.map((given) => [given.get("to"), given.get("limit"), given.get("dividends")])).toEqual([["2026-01-15T14:30:00.001Z", "500", "true"]]);
  });

  it("are not asked for while they are switched off", () => {
    renderWithServices(<Shown isOn={false} />);
    expect(asked).toEqual([]);
    expect(screen.queryByRole("table")).toBeNull();
  });

  it("say when they could not be found", async () => {
    server.use(http.get("/api/stocks/NASDAQ%3AAAPL/patterns/", () => new HttpResponse(null, { status: 503 })));
    renderWithServices(<Shown />);
    expect(await screen.findByText("failed")).toBeTruthy();
  });

  it("are drawn through their corners to the close that completed them", () => {
    expect(pathOf(LOW)).toEqual([...LOW.points, { at: LOW.at, price: LOW.close }]);
    expect(pathOf(CLIMAX)).toEqual(CLIMAX.points);
  });

  it("have a name in words, and the switch is kept on this device", () => {
    expect(words.names[LOW.name as "double_bottom"]).toBe("Double bottom");
    expect(patternsKept()).toBe(false);
    keepPatterns(true);
    expect(patternsKept()).toBe(true);
  });
});
