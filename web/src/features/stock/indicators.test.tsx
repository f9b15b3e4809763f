import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { useState } from "react";
import { beforeEach, describe, expect, it } from "vitest";
import { useServer } from "@/testing/api";
import { renderWithServices } from "@/testing/render";
import type { Bar } from "@/ui/chart/bars";
import BarTable from "./BarTable";
import { IndicatorMenu } from "./IndicatorMenu";
import { keep, kept, type Indicator } from "./indicators";
import { useStudies } from "./useStudies";

const server = useServer();
const asked: string[][] = [];
const AT = ["2026-01-14T00:00:00Z", "2026-01-15T00:00:00Z"];
const BARS: Bar[] = AT.map((at) => ({ at, open: "10", high: "12", low: "9", close: "11", volume: 5, interpolated: false, complete: true }));

beforeEach(() => {
  localStorage.clear();
  asked.length = 0;
  server.use(
    http.get("/api/stocks/NASDAQ%3AAAPL/indicators/", ({ request }) => {
      const { searchParams } = new URL(request.url);
      const names = searchParams.getAll("names");
      asked.push(names);
      expect(searchParams.get("dividends")).toBe("true");
      const indicators = names.map((name) => ({ name, words: name, kind: "number", values: [null, 54.3219] }));
      return HttpResponse.json({ instrument: "NASDAQ:AAPL", interval: "1d", at: AT, running: false, more: false, indicators });
    }),
  );
});

function Shown() {
  const [chosen, setChosen] = useState<Indicator[]>([]);
  const { studies, failed } = useStudies("NASDAQ:AAPL", "1d", chosen, BARS, true);
  return (
    <>
      <IndicatorMenu chosen={chosen} onChange={setChosen} />
      {failed && <p>failed</p>}
      <p>{studies.map((study) => `${study.label} in ${study.pane.toString()}`).join("; ")}</p>
      <BarTable symbol="AAPL" bars={BARS} studies={studies} interval="1d" currency="USD" zone="America/New_York" />
    </>
  );
}

async function choose(...names: string[]) {
  await userEvent.click(screen.getByRole("button", { name: /Indicators/ }));
  for (const name of names) await userEvent.click(await screen.findByRole("menuitemcheckbox", { name }));
}

describe("the indicators of a chart", { timeout: 20_000 }, () => {
  it("are computed by the API and stand in the table of the bars", async () => {
    renderWithServices(<Shown />);
    await choose("RSI 14");
    expect(await screen.findByText("54.32")).toBeTruthy();
    expect(screen.getAllByText("RSI 14").some((each) => each.tagName === "TH")).toBe(true);
    expect(asked).toEqual([["rsi(close, 14)"]]);
  });

  it("are asked for in one call, each name by itself, and have panes of their own under the prices", async () => {
    renderWithServices(<Shown />);
    await choose("SMA 20", "MACD 12, 26, 9", "RSI 14");
    expect(await screen.findByText("SMA 20 in 0; RSI 14 in 1; Histogram in 2; MACD in 2; Signal in 2")).toBeTruthy();
    expect(asked.at(-1)).toEqual(["sma(close, 20)", "rsi(close, 14)", "macd_hist(close, 12, 26, 9)", "macd(close, 12, 26)", "macd_signal(close, 12, 26, 9)"]);
  });

  it("say when they could not be computed", async () => {
    server.use(http.get("/api/stocks/NASDAQ%3AAAPL/indicators/", () => new HttpResponse(null, { status: 503 })));
    renderWithServices(<Shown />);
    await choose("RSI 14");
    await waitFor(() => expect(screen.getByText("failed")).toBeTruthy());
  });

  it("are kept on this device", () => {
    keep(["macd", "sma20"]);
    expect(kept()).toEqual(["sma20", "macd"]);
    localStorage.setItem("sw.indicators", "sma20 nonsense");
    expect(kept()).toEqual(["sma20"]);
  });
});
