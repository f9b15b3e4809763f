export const news = {
  tabs: { label: "What to see of the stock", chart: "Chart", news: "News" },
  what: "the news",
  title: "News of {{symbol}}",
  empty: "No news of {{symbol}} yet",
  emptyText: "Headlines that name this stock stand here as soon as one of the platform's sources brings them.",
  about: "The words on tone are a small model's guess from the headline alone. They are no advice.",
  sentiment: { positive: "Sounds positive", neutral: "Sounds neutral", negative: "Sounds negative" },
  also: "Also about {{names}}",
  opens: "(opens in a new tab)",
} as const;
