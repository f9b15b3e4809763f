import createCache from "@emotion/cache";
import { CacheProvider } from "@emotion/react";
import CssBaseline from "@mui/material/CssBaseline";
import { ThemeProvider } from "@mui/material/styles";
import { useMemo } from "react";
import { Provider } from "react-redux";
import { BrowserRouter } from "react-router";
import { LiveProvider } from "@/live/context";
import { SessionProvider } from "@/session/context";
import { ErrorBoundary } from "./ErrorBoundary";
import { Pages } from "./router";
import { ScrollToTop } from "./ScrollToTop";
import type { Services } from "./services";
import { StepUpGate } from "./StepUpGate";
import { MODE_STORAGE_KEY, theme } from "./theme";

/** The nonce that the page came with; styles that are written at run time need it (see the gateway's policy). */
function nonceOfPage(): string | undefined {
  return document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce;
}

export function App({ services }: { services: Services }) {
  const styles = useMemo(() => createCache({ key: "sw", nonce: nonceOfPage(), prepend: true }), []);
  return (
    <CacheProvider value={styles}>
      <ThemeProvider theme={theme} defaultMode="system" modeStorageKey={MODE_STORAGE_KEY}>
        <CssBaseline />
        <Provider store={services.store}>
          <SessionProvider session={services.session} stepUp={services.stepUp}>
            <LiveProvider socket={services.socket} quotes={services.quotes}>
              <BrowserRouter>
                <ScrollToTop />
                <ErrorBoundary>
                  <Pages />
                  <StepUpGate />
                </ErrorBoundary>
              </BrowserRouter>
            </LiveProvider>
          </SessionProvider>
        </Provider>
      </ThemeProvider>
    </CacheProvider>
  );
}
