import { quoteOfStock, type Quotes } from "@/live/quotes";
import type { ApiExtra } from "./base";
import type { StockOut } from "./generated";

/** Every price that REST brings goes where the socket's prices go, so that a page shows one truth. */
function putIfPriced(quotes: Quotes, stock: StockOut): void {
  const update = quoteOfStock(stock);
  if (update !== null) quotes.put(update);
}

interface Started<Answer> {
  queryFulfilled: Promise<{ data: Answer }>;
  extra: unknown;
}

export async function putAllPriced(_: unknown, { queryFulfilled, extra }: Started<StockOut[]>): Promise<void> {
  const { data } = await queryFulfilled.catch(() => ({ data: [] }));
  for (const stock of data) putIfPriced((extra as ApiExtra).quotes, stock);
}

export async function putPriced(_: unknown, { queryFulfilled, extra }: Started<StockOut>): Promise<void> {
  const { data } = await queryFulfilled.catch(() => ({ data: null }));
  if (data !== null) putIfPriced((extra as ApiExtra).quotes, data);
}
