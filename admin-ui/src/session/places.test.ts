import { describe, expect, it } from "vitest";
import { countries, currencies, guessCountry, homeOf, zones } from "./places";

describe("places", () => {
  it("guesses the country by zone, then by language", () => {
    expect(guessCountry("en-US", "Asia/Ho_Chi_Minh")).toBe("VN");
    expect(guessCountry("de", "Etc/Unknown")).toBe("DE");
    expect(guessCountry("tlh", "Etc/Unknown")).toBe("VN");
  });
  it("offers for every country a currency and a zone that exist", () => {
    const money = new Set(currencies("en").map(({ value }) => value));
    const known = new Set(zones());
    for (const { value } of countries("vi")) {
      expect(money).toContain(homeOf(value)?.currency);
      expect(() => new Intl.DateTimeFormat("en", { timeZone: homeOf(value)?.zone ?? "none" })).not.toThrow();
    }
    expect(known).toContain("Asia/Ho_Chi_Minh");
  });
});
