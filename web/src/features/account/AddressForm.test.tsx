import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { beforeEach, describe, expect, it } from "vitest";
import { problem, useServer } from "@/testing/api";
import { renderWithServices } from "@/testing/render";
import ForgotPage from "./ForgotPage";
import ResendPage from "./ResendPage";

const server = useServer();
const asked: unknown[] = [];

beforeEach(() => void (asked.length = 0));

describe.each([
  { name: "a forgotten password", Page: ForgotPage, path: "/api/auth/password/forgot/" },
  { name: "a link that was lost", Page: ResendPage, path: "/api/auth/verify-email/resend/" },
])("$name", ({ Page, path }) => {
  async function send(email: string) {
    renderWithServices(<Page />);
    await userEvent.type(screen.getByLabelText("E-mail"), email);
    const [form] = screen.getAllByRole("button");
    await userEvent.click(form as HTMLElement);
  }

  it("goes to the address that was written", async () => {
    server.use(
      http.post(path, async ({ request }) => {
        asked.push(await request.json());
        return HttpResponse.json({}, { status: 202 });
      }),
    );
    await send(" asha@example.com ");
    expect(await screen.findByText(/asha@example\.com/)).toBeTruthy();
    expect(asked).toEqual([{ email: "asha@example.com" }]);
  });

  it("is not asked for with what is no address", async () => {
    await send("asha");
    expect(await screen.findByText("Write an address such as name@example.com.")).toBeTruthy();
  });

  it("says what went wrong", async () => {
    server.use(http.post(path, () => problem(429, "too_many_requests", { retry_after: 30 })));
    await send("asha@example.com");
    expect(await screen.findByRole("alert")).toBeTruthy();
  });
});
