import { ThemeProvider } from "@mui/material/styles";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { Provider } from "react-redux";
import { MemoryRouter } from "react-router";
import { createServices } from "@/app/services";
import { theme } from "@/app/theme";
import { LiveProvider } from "@/live/context";
import { SessionProvider } from "@/session/context";
import { Toasts } from "@/ui/toasts";

/** Render within everything that the application gives its pages; no socket is opened. */
export function renderWithServices(content: ReactNode, { path = "/" }: { path?: string } = {}) {
  const services = createServices();
  const view = render(
    <ThemeProvider theme={theme}>
      <Provider store={services.store}>
        <SessionProvider session={services.session} stepUp={services.stepUp}>
          <LiveProvider socket={services.socket} quotes={services.quotes}>
            <MemoryRouter initialEntries={[path]}>{content}</MemoryRouter>
            <Toasts />
          </LiveProvider>
        </SessionProvider>
      </Provider>
    </ThemeProvider>,
  );
  return { ...view, services };
}
