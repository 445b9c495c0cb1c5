import { describe, expect, it } from "vitest";
import { formatMoney, formatNumber, isNegative, isZero, negated, trimmed } from "./decimal";

const plainSpaces = (text: string) => text.replace(/\u00a0/g, " ");

describe("decimal text", () => {
  it("knows zero in every writing", () => {
    expect(["0", "0.00", "-0", "-0.000", ".0"].map(isZero)).toEqual([true, true, true, true, true]);
    expect(["1", "0.01", "-0.5"].map(isZero)).toEqual([false, false, false]);
    expect(isNegative("-0.00")).toBe(false);
  });
  it("turns signs", () => {
    expect(negated("12.50")).toBe("-12.50");
    expect(negated("-3")).toBe("3");
    expect(negated("0.00")).toBe("0.00");
  });
  it("trims zeros of the fraction only", () => {
    expect(trimmed("1200")).toBe("1200");
    expect(trimmed("2.500000")).toBe("2.5");
    expect(trimmed("2.000000")).toBe("2");
  });
  it("writes money the way people of the language do", () => {
    expect(plainSpaces(formatMoney("1234567", "VND", "vi"))).toBe("1.234.567 ₫");
    expect(formatMoney("1234567.000000", "VND", "en")).toBe("₫1,234,567");
    expect(formatMoney("12.5", "USD", "en")).toBe("$12.50");
    expect(formatMoney("0.085", "GBP", "en")).toBe("£0.085");
  });
  it("loses no digit beyond 2^53", () => {
    expect(formatMoney("9007199254740993.01", "USD", "en")).toBe("$9,007,199,254,740,993.01");
    expect(formatNumber("9007199254740993", "en")).toBe("9,007,199,254,740,993");
  });
});
