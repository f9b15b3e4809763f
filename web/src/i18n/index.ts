import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { en } from "./en";
import type { integrations } from "./en/integrations";

declare module "i18next" {
  interface CustomTypeOptions {
    // What a page brings along is typed as the rest, though it is loaded with the page.
    resources: { translation: typeof en & { integrations: typeof integrations } };
    // Our texts go to React, which escapes them.
    returnNull: false;
  }
}

/** Add the texts of a page whose code is fetched by itself: what few people read does not weigh on everybody's start. */
export function addTexts(texts: Record<string, unknown>): void {
  i18next.addResourceBundle("en", "translation", texts, true, true);
}

/** Load the texts. English is built in; other languages join here. */
export function startI18n(): void {
  void i18next.use(initReactI18next).init({
    lng: "en",
    fallbackLng: "en",
    resources: { en: { translation: en } },
    interpolation: { escapeValue: false },
  });
}
