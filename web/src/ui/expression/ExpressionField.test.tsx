import { fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { useState } from "react";
import { describe, expect, it } from "vitest";
import { problem, useServer } from "@/testing/api";
import { renderWithServices } from "@/testing/render";
import cases from "./cases.json";
import ExpressionField from "./ExpressionField";

const server = useServer();
const parameter = (name: string, kind: string, value: string | null) => ({ name, kind, default: value, least: 1 });
const LANGUAGE = {
  series: [{ name: "close", words: "the close" }, { name: "open", words: "the open" }],
  functions: [
    { name: "rsi", kind: "number", words: "the {period}-bar RSI of {source}", signature: "rsi(source = close, period = 14)", parameters: [parameter("source", "number", "close"), parameter("period", "period", "14")] },
    { name: "hammer", kind: "boolean", words: "a hammer has formed", signature: "hammer", parameters: [] },
  ],
  intervals: ["1m", "1d"],
};

function Host({ first }: { first: string }) {
  const [text, setText] = useState(first);
  return <ExpressionField label="Enter when" value={text} hint="A hint." error={null} onWrite={setText} presets={false} />;
}

/** The API, which reads what stands in the cases and refuses the rest. */
function answer() {
  server.use(
    http.post("/api/auth/refresh/", () => problem(401, "not_authenticated")),
    http.get("/api/indicators/language/", () => HttpResponse.json(LANGUAGE)),
    http.get("/api/indicators/custom/", () => HttpResponse.json({ items: [] })),
    http.post("/api/indicators/read/", async ({ request }) => {
      const { expression } = (await request.json()) as { expression: string };
      const found = cases.cases.find(({ text, written }) => text === expression || written === expression);
      if (found !== undefined) return HttpResponse.json({ kind: "boolean", canonical: expression, words: "", root: found.root });
      return problem(422, "validation_failed", { column: 7, errors: [{ field: "/expression", code: "syntax", message: "It is wrong. (column 7)" }] });
    }),
  );
}

const text = () => screen.getByLabelText<HTMLTextAreaElement>("Enter when", { selector: "textarea" });

describe("an expression's field", () => {
  it("shows what is written as blocks, and writes what is changed in them", async () => {
    answer();
    renderWithServices(<Host first="rsi(14) < 30" />);
    const period = await screen.findByLabelText<HTMLInputElement>("Bars");
    expect(period.value).toBe("14");
    fireEvent.change(period, { target: { value: "2" } });
    expect(text().value).toBe("rsi(close, 2) < 30");
    fireEvent.click(screen.getByText("And another condition"));
    expect(text().value).toBe("rsi(close, 2) < 30 and close > open");
    const pick = screen.getByLabelText("Condition 2", { selector: "input" });
    fireEvent.focus(pick);
    fireEvent.mouseDown(pick);
    fireEvent.change(pick, { target: { value: "hammer" } });
    fireEvent.click(await screen.findByText("hammer"));
    expect(text().value).toBe("rsi(close, 2) < 30 and hammer");
    fireEvent.click(screen.getByLabelText("Remove: Condition 1"));
    expect(text().value).toBe("hammer");
  });

  it("points at the place of a mistake", async () => {
    answer();
    renderWithServices(<Host first="close >> open" />);
    await screen.findByText("It is wrong. (column 7)");
    fireEvent.click(screen.getByText("Go to the place"));
    const field = text();
    expect(document.activeElement).toBe(field);
    expect(field.value.slice(field.selectionStart, field.selectionEnd)).toBe(field.value.slice(6, 7));
  });

  it("completes names from the keyboard", async () => {
    answer();
    renderWithServices(<Host first="" />);
    await screen.findByText("Add a condition");
    await userEvent.type(text(), "rs");
    expect((await screen.findByRole("option", { name: /rsi/ })).getAttribute("aria-selected")).toBe("true");
    await userEvent.keyboard("{Enter}");
    await waitFor(() => expect(text().value).toBe("rsi()"));
    await userEvent.keyboard("14");
    expect(text().value).toBe("rsi(14)");
    expect(screen.queryByRole("listbox")).toBeNull();
  });
});
