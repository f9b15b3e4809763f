import { expect, test } from "vitest";
import { tagsOf } from "./files";

test("tags are parted by commas, without empty ones and without repeats", () => {
  expect(tagsOf(" swing, ,tech,swing ,")).toEqual(["swing", "tech"]);
  expect(tagsOf("")).toEqual([]);
});
