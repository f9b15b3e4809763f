/** Where the page of an instrument is: `NASDAQ:AAPL` -> `/stocks/NASDAQ/AAPL`. */
export function stockPath(instrument: string): string {
  const [exchange = "", symbol = ""] = instrument.split(":");
  return `/stocks/${encodeURIComponent(exchange)}/${encodeURIComponent(symbol)}`;
}
