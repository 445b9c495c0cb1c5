import { describe, expect, it } from "vitest";
import { added, compared, formatMoney, formatNumber, isNegative, isZero, largest, negated, percentOf, sum, trimmed, typedDecimal } from "./decimal";

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
  it("adds and compares to the last digit", () => {
    expect(added("0.1", "0.2")).toBe("0.3");
    expect(added("9007199254740993.01", "-0.02")).toBe("9007199254740992.99");
    expect(added("1", "-1.00")).toBe("0.00");
    expect(added("-0.5", "0.25")).toBe("-0.25");
    expect(sum(["1", "2.50", "-0.5"])).toBe("3.00");
    expect(sum([])).toBe("0");
    expect(compared("10", "9.99")).toBe(1);
    expect(compared("-1.0", "-1")).toBe(0);
    expect(compared("-2", "1")).toBe(-1);
    expect(largest(["3", "20", "-100"])).toBe("20");
  });
  it("measures parts of a whole for the screen", () => {
    expect(percentOf("25", "100")).toBe(25);
    expect(percentOf("1", "3")).toBe(33.33);
    expect(percentOf("200", "100")).toBe(100);
    expect(percentOf("-5", "100")).toBe(0);
    expect(percentOf("5", "0")).toBe(0);
  });
  it("reads amounts the way people of the language type them", () => {
    expect(typedDecimal("1250000", "vi")).toBe("1250000");
    expect(typedDecimal("1.250.000", "vi")).toBe("1250000");
    expect(typedDecimal("1.250.000,5", "vi")).toBe("1250000.5");
    expect(typedDecimal("12,5", "vi")).toBe("12.5");
    expect(typedDecimal("1,250,000.50", "en")).toBe("1250000.50");
    expect(typedDecimal("12.5", "en")).toBe("12.5");
    expect(typedDecimal(" 1 000 ", "en")).toBe("1000");
    for (const wrong of ["", "abc", "-5", "1,2,3", "1.2.3", "1e5", "12.1234567"]) expect(typedDecimal(wrong, "en")).toBeNull();
  });
});
