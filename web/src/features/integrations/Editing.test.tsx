import { addTexts } from "@/i18n";
import { integrations } from "@/i18n/en/integrations";
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { beforeEach, describe, expect, it } from "vitest";
import type { ApiKey, OwnApp } from "@/api";
import { problem, useServer } from "@/testing/api";
import { renderWithServices } from "@/testing/render";
import { ApiKeys } from "./ApiKeys";
import { MyApps } from "./MyApps";

addTexts({ integrations });

const server = useServer();
const sent: unknown[] = [];

const KEY: ApiKey = {
  id: "0198c5a4-0000-7000-8000-000000000011",
  name: "Screener",
  prefix: "sw_live_abc",
  kind: "live",
  scopes: ["alerts:read", "alerts:write", "market:read"],
  networks: ["203.0.113.0/24"],
  created_at: "2026-11-20T10:00:00Z",
  expires_at: "2027-02-20T10:00:00Z",
  last_used_at: null,
  old_secret_ends_at: null,
};

const APP: OwnApp = {
  client_id: "0198c5a4-0000-7000-8000-000000000012",
  name: "Chart Mill",
  redirect_uris: ["https://charts.example/callback"],
  confidential: true,
  created_at: "2026-11-20T10:00:00Z",
};

beforeEach(() => {
  sent.length = 0;
  server.use(
    http.get("/api/api-keys/", () => HttpResponse.json({ items: [KEY], next_cursor: null })),
    http.get("/api/oauth/apps/", () => HttpResponse.json({ items: [APP], next_cursor: null })),
  );
});

function answer(address: string, reply: () => Response) {
  server.use(
    http.patch(address, async ({ request }) => {
      sent.push(await request.json());
      return reply();
    }),
  );
}

async function open(name: string) {
  await userEvent.click(await screen.findByRole("button", { name }));
  return within(await screen.findByRole("dialog"));
}

describe("a key", () => {
  beforeEach(() => answer(`/api/api-keys/${KEY.id}/`, () => HttpResponse.json(KEY)));

  it("can only be given less, and only what is another is sent", async () => {
    renderWithServices(<ApiKeys />);
    const dialog = await open("Edit Screener");
    expect(dialog.getAllByRole("checkbox")).toHaveLength(3);
    await userEvent.click(dialog.getByLabelText("Create, change and delete alerts"));
    await userEvent.click(dialog.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(sent).toEqual([{ scopes: ["alerts:read", "market:read"] }]));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });

  it("gets another name and other addresses", async () => {
    renderWithServices(<ApiKeys />);
    const dialog = await open("Edit Screener");
    await userEvent.clear(dialog.getByLabelText("Name"));
    await userEvent.type(dialog.getByLabelText("Name"), "Robot");
    await userEvent.type(dialog.getByLabelText("Only from these addresses"), "\n198.51.100.7");
    await userEvent.click(dialog.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(sent).toEqual([{ name: "Robot", networks: ["203.0.113.0/24", "198.51.100.7"] }]));
  });

  it("asks nothing of the API when nothing changed, and nothing without a name or a scope", async () => {
    renderWithServices(<ApiKeys />);
    const dialog = await open("Edit Screener");
    await userEvent.clear(dialog.getByLabelText("Name"));
    await userEvent.click(dialog.getByRole("button", { name: "Save" }));
    expect(dialog.getByText("Give the key a name, so that you know it again.")).toBeTruthy();
    await userEvent.type(dialog.getByLabelText("Name"), "Screener");
    for (const box of dialog.getAllByRole("checkbox")) await userEvent.click(box);
    await userEvent.click(dialog.getByRole("button", { name: "Save" }));
    expect(dialog.getByText("Tick at least one.")).toBeTruthy();
    for (const box of dialog.getAllByRole("checkbox")) await userEvent.click(box);
    await userEvent.click(dialog.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(sent).toEqual([]);
  });

  it("shows beside the addresses what is wrong with them", async () => {
    const errors = [{ field: "/networks", code: "network_invalid", message: "10.0.0.0/99 is no network." }];
    answer(`/api/api-keys/${KEY.id}/`, () => problem(422, "validation_failed", { errors }));
    renderWithServices(<ApiKeys />);
    const dialog = await open("Edit Screener");
    await userEvent.type(dialog.getByLabelText("Only from these addresses"), "\n10.0.0.0/99");
    await userEvent.click(dialog.getByRole("button", { name: "Save" }));
    expect(await dialog.findByText("10.0.0.0/99 is no network.")).toBeTruthy();
  });
});

describe("an app of one's own", () => {
  it("gets another name and other addresses", async () => {
    answer(`/api/oauth/apps/${APP.client_id}/`, () => HttpResponse.json(APP));
    renderWithServices(<MyApps />);
    const dialog = await open("Edit Chart Mill");
    await userEvent.clear(dialog.getByLabelText("Name that people will see"));
    await userEvent.type(dialog.getByLabelText("Name that people will see"), "Chart Works");
    await userEvent.type(dialog.getByLabelText("Redirect addresses"), "\nhttps://charts.example/back");
    await userEvent.click(dialog.getByRole("button", { name: "Save" }));
    const redirect_uris = ["https://charts.example/callback", "https://charts.example/back"];
    await waitFor(() => expect(sent).toEqual([{ name: "Chart Works", redirect_uris }]));
  });

  it("shows beside the addresses what is wrong with them", async () => {
    const errors = [{ field: "/redirect_uris/0", code: "redirect_invalid", message: "A redirect address is https." }];
    answer(`/api/oauth/apps/${APP.client_id}/`, () => problem(422, "validation_failed", { errors }));
    renderWithServices(<MyApps />);
    const dialog = await open("Edit Chart Mill");
    await userEvent.click(dialog.getByRole("button", { name: "Save" }));
    expect(await dialog.findByText("A redirect address is https.")).toBeTruthy();
  });
});
