import { expect, it } from "vitest";
import { bytesText, durationText, kindWord } from "./describe";

it("tells kinds and sizes in words", () => {
  expect(["channel-connector", "commission-rule", "credit-policy", "other"].map(kindWord)).toEqual(["connector", "commission", "credit", null]);
  expect(bytesText(65_536, "en")).toBe("64 kB");
  expect(bytesText(33_554_432, "en")).toBe("32 MB");
  expect(durationText(850, "en")).toBe("850 μs");
  expect(durationText(12_345, "en")).toBe("12.3 ms");
});
