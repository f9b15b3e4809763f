import { describe, expect, it } from "vitest";
import { movedUp } from "./order";

describe("movedUp", () => {
  it("swaps with the one before", () => {
    expect(movedUp(["a", "b", "c"], 2)).toEqual(["a", "c", "b"]);
    expect(movedUp(["a", "b", "c"], 1)).toEqual(["b", "a", "c"]);
  });
  it("leaves the first one and what is not there", () => {
    expect(movedUp(["a", "b"], 0)).toEqual(["a", "b"]);
    expect(movedUp(["a", "b"], 2)).toEqual(["a", "b"]);
  });
});
