import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { en } from "./en";
import type { account } from "./en/account";
import type { alerts } from "./en/alerts";
import type { backtests } from "./en/backtests";
import type { bulk } from "./en/bulk";
import type { calendar } from "./en/calendar";
import type { frame } from "./en/frame";
import type { indicators } from "./en/indicators";
import type { companies } from "./en/companies";
import type { conditions } from "./en/conditions";
import type { expressions } from "./en/expressions";
import type { integrations } from "./en/integrations";
import type { marketData } from "./en/marketData";
import type { notifications } from "./en/notifications";
import type { market } from "./en/market";
import type { news } from "./en/news";
import type { patterns } from "./en/patterns";
import type { profile } from "./en/profile";
import type { shell } from "./en/shell";
import type { site } from "./en/site";
import type { smsTexts } from "./en/smsTexts";
import type { staff } from "./en/staff";
import type { strategies } from "./en/strategies";
import type { signals } from "./en/signals";
import type { watchlists } from "./en/watchlists";

/** What pages bring along (`@/i18n/site` and the like): typed as the rest, though it is loaded with the page. */
interface Brought {
  alerts: typeof alerts;
  market: typeof market;
  backtests: typeof backtests;
  bulk: typeof bulk;
  calendar: typeof calendar;
  frame: typeof frame;
  indicators: typeof indicators;
  account: typeof account;
  companies: typeof companies;
  conditions: typeof conditions;
  expressions: typeof expressions;
  integrations: typeof integrations;
  marketData: typeof marketData;
  notifications: typeof notifications;
  news: typeof news;
  patterns: typeof patterns;
  profile: typeof profile;
  shell: typeof shell;
  site: typeof site;
  smsTexts: typeof smsTexts;
  staff: typeof staff;
  strategies: typeof strategies;
  signals: typeof signals;
  watchlists: typeof watchlists;
}

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof en & Brought };
    // Our texts go to React, which escapes them.
    returnNull: false;
  }
}

const texts: typeof en & Partial<Brought> = { ...en };

/** Add the texts of a page whose code is fetched by itself: what few people read does not weigh on everybody's start. */
export function addTexts(more: Partial<Brought>): void {
  Object.assign(texts, more);
  if (i18next.isInitialized) i18next.addResourceBundle("en", "translation", more, true, true);
}

/** Load the texts. English is built in; other languages join here. */
export function startI18n(): void {
  void i18next.use(initReactI18next).init({
    lng: "en",
    fallbackLng: "en",
    resources: { en: { translation: texts } },
    interpolation: { escapeValue: false },
  });
}
