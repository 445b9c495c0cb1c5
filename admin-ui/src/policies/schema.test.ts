// SCHEMA-UI-1: every property of a plugin's configuration has a field, in the plugin's order; what is unknown is edited as JSON.
import { expect, it } from "vitest";
import { blankOf, fieldOf, fieldsOf, typedNumber } from "./schema";

const schema = {
  type: "object",
  required: ["max_overdue_days", "bands"],
  properties: {
    note: { type: "string", title: "Note", "x-order": 9 },
    max_overdue_days: { type: "integer", title: "Most days overdue", description: "More holds the order", "x-order": 1 },
    action: { enum: ["hold", "deposit"], "x-order": 2 },
    bands: { type: "array", items: { type: "object", required: ["from"], properties: { from: { type: "string" }, strict: { type: "boolean" } } }, "x-order": 3 },
    odd: { oneOf: [{ type: "string" }, { type: "null" }] },
  },
};

it("schema_ui_1_every_property_has_a_field", () => {
  expect(fieldsOf(schema).map(({ name, kind, required }) => [name, kind, required])).toEqual([
    ["max_overdue_days", "whole", true],
    ["action", "choice", false],
    ["bands", "list", true],
    ["note", "text", false],
    ["odd", "json", false],
  ]);
  expect(fieldsOf(schema)[0]).toMatchObject({ title: "Most days overdue", description: "More holds the order" });
});

it("begins lists with what is required", () => {
  const bands = fieldsOf(schema)[2];
  expect(bands?.kind === "list" && blankOf(bands.item)).toEqual({ from: "" });
});

it("never fails on a schema that is none", () => {
  for (const wrong of [null, 3, [], { properties: 5 }]) expect(fieldsOf(wrong)).toEqual([]);
  let deep: unknown = { type: "string" };
  for (let depth = 0; depth < 50; depth++) deep = { type: "array", items: deep };
  expect(fieldOf("deep", deep, true).kind).toBe("list");
});

it("numbers are numbers when they are", () => {
  expect(typedNumber("12", true)).toBe(12);
  expect(typedNumber("1.5", true)).toBe("1.5");
  expect(typedNumber("1.5", false)).toBe(1.5);
  expect(typedNumber("many", false)).toBe("many");
});
