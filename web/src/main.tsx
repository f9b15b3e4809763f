import "./app/global.css";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { preload } from "./app/router";
import { createServices } from "./app/services";
import { startI18n } from "./i18n";
import { keepPreferences } from "./preferences/slice";

startI18n();
preload(location.pathname);
const services = createServices();
keepPreferences(services.store.getState().preferences);
services.store.subscribe(() => keepPreferences(services.store.getState().preferences));
void services.session.restore();
for (const input of ["pointerdown", "keydown"]) {
  addEventListener(input, () => services.session.noteInput(), { capture: true, passive: true });
}

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(<App services={services} />);
