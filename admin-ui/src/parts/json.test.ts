import { describe, expect, it } from "vitest";
import { indented } from "./json";

describe("indented JSON", () => {
  it("keeps every number as it came", () => {
    expect(indented('{"id":12345678901234567890,"price":1.50,"x":[1e3,{}],"none":[]}')).toBe(
      '{\n  "id": 12345678901234567890,\n  "price": 1.50,\n  "x": [\n    1e3,\n    {}\n  ],\n  "none": []\n}',
    );
  });
  it("leaves braces inside strings alone", () => {
    expect(indented('{"a":"{\\"b\\": [1,2]}"}')).toBe('{\n  "a": "{\\"b\\": [1,2]}"\n}');
  });
  it("leaves what is no JSON as it is", () => {
    expect(indented("<xml/>")).toBe("<xml/>");
    expect(indented('{"a":')).toBe('{"a":');
  });
});
