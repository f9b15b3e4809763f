import { screen } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import { problem, useServer } from "@/testing/api";
import { renderWithServices } from "@/testing/render";
import { Phone } from "./Phone";

const server = useServer();

describe("one's number", () => {
  it("can be confirmed where text messages are sent", async () => {
    server.use(http.get("/api/users/me/phone/", () => HttpResponse.json({ can_confirm: true })));
    renderWithServices(<Phone phone={null} isConfirmed={false} />);
    expect(await screen.findByRole("button", { name: "Confirm a number" })).toBeTruthy();
    expect(screen.queryByText(/no text messages are sent/)).toBeNull();
  });

  it("says so where none are, and offers nothing that would never come", async () => {
    server.use(http.get("/api/users/me/phone/", () => HttpResponse.json({ can_confirm: false })));
    renderWithServices(<Phone phone="+919876543210" isConfirmed={false} />);
    expect(await screen.findByText(/no text messages are sent/)).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Confirm a number" })).toBeNull();
    expect(screen.getByRole("button", { name: "Remove your number?" })).toBeTruthy();
  });

  it("is offered when we do not know", async () => {
    server.use(http.get("/api/users/me/phone/", () => problem(503, "unavailable")));
    renderWithServices(<Phone phone={null} isConfirmed={false} />);
    expect(await screen.findByRole("button", { name: "Confirm a number" })).toBeTruthy();
  });
});
