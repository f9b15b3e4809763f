import { describe, expect, it } from "vitest";
import { bytes, deviceName } from "./device";

describe("a device's name", () => {
  it.each([
    ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36", ["Chrome", "Linux"]],
    ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0", ["Edge", "Windows"]],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1", ["Safari", "iOS"]],
    ["Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36", ["Samsung Internet", "Android"]],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:144.0) Gecko/20100101 Firefox/144.0", ["Firefox", "macOS"]],
    ["curl/8", null],
  ])("is read from %s", (agent, name) => {
    expect(deviceName(agent)).toEqual(name);
  });
});

it("reads base64url, which has no padding", () => {
  expect([...bytes("-_8A")]).toEqual([251, 255, 0]);
  expect([...bytes("_w")]).toEqual([255]);
});
