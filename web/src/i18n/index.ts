import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { en } from "./en";

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
    // Our texts go to React, which escapes them.
    returnNull: false;
  }
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
