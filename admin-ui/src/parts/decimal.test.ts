import { describe, expect, it } from "vitest";
import { added, compared, currencyDigits, formatMoney, formatNumber, isNegative, isZero, largest, multiplied, negated, partOf, percentOf, rounded, shared, subtracted, sum, trimmed, typedDecimal, written } from "./decimal";

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
  it("multiplies exactly and rounds half away from zero", () => {
    expect(subtracted("10", "10.5")).toBe("-0.5");
    expect(multiplied("0.125", "33333.333333")).toBe("4166.666666625");
    expect(multiplied("-2", "1.50")).toBe("-3");
    expect(rounded("4166.625", 0)).toBe("4167");
    expect(rounded("-2.5", 0)).toBe("-3");
    expect(rounded("1.005", 2)).toBe("1.01");
    expect(partOf("110000", "10", "110", 0)).toBe("10000");
    expect(partOf("100", "1", "3", 2)).toBe("33.33");
    expect(partOf("5", "1", "0", 2)).toBe("0");
    expect([currencyDigits("VND"), currencyDigits("USD")]).toEqual([0, 2]);
  });
  it("shares an amount without losing a coin", () => {
    expect(shared("100", ["1", "1", "1"], 0)).toEqual(["34", "33", "33"]);
    expect(shared("10", ["1", "2"], 0)).toEqual(["3", "7"]);
    expect(shared("0.05", ["0.5", "0.5", "1.5"], 2)).toEqual(["0.01", "0.01", "0.03"]);
    expect(shared("10", ["0", "0"], 0)).toEqual(["0", "0"]);
    for (const amount of ["1", "7", "99999"]) expect(sum(shared(amount, ["3", "5", "11.25", "0"], 0))).toBe(amount);
  });
  it("writes what is read back", () => {
    for (const locale of ["en", "vi"]) for (const decimal of ["0.125", "1500", "12.5"]) expect(typedDecimal(written(decimal, locale), locale)).toBe(decimal);
    expect(written("0.500000", "vi")).toBe("0,5");
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
