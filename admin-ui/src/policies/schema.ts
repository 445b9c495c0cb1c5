// A plugin's configuration schema as fields to fill in. What has no field here is edited as JSON, never dropped.

export type Field =
  | { kind: "text" | "number" | "whole" | "json"; name: string; title: string; description: string; required: boolean }
  | { kind: "choice"; name: string; title: string; description: string; required: boolean; options: string[] }
  | { kind: "flag"; name: string; title: string; description: string; required: boolean }
  | { kind: "list"; name: string; title: string; description: string; required: boolean; item: Field }
  | { kind: "group"; name: string; title: string; description: string; required: boolean; fields: Field[] };

type Schema = Record<string, unknown>;
const isObject = (value: unknown): value is Schema => typeof value === "object" && value !== null && !Array.isArray(value);
const depthMax = 6;

export function fieldOf(name: string, schema: unknown, required: boolean, depth = 0): Field {
  const of: Schema = isObject(schema) ? schema : {};
  const text = (key: string) => (typeof of[key] === "string" ? (of[key] as string) : "");
  const base = { name, title: text("title") || name, description: text("description"), required };
  if (Array.isArray(of["enum"]) && of["enum"].every((each) => typeof each === "string")) return { ...base, kind: "choice", options: of["enum"] };
  switch (of["type"]) {
    case "string":
      return { ...base, kind: "text" };
    case "integer":
      return { ...base, kind: "whole" };
    case "number":
      return { ...base, kind: "number" };
    case "boolean":
      return { ...base, kind: "flag" };
    case "array":
      return depth < depthMax && isObject(of["items"]) ? { ...base, kind: "list", item: fieldOf("", of["items"], true, depth + 1) } : { ...base, kind: "json" };
    case "object":
      return depth < depthMax && isObject(of["properties"]) ? { ...base, kind: "group", fields: fieldsOf(of, depth + 1) } : { ...base, kind: "json" };
    default:
      return { ...base, kind: "json" };
  }
}

/** The fields of an object in the order the plugin wants. */
export function fieldsOf(schema: unknown, depth = 0): Field[] {
  const of: Schema = isObject(schema) ? schema : {};
  const properties: Schema = isObject(of["properties"]) ? of["properties"] : {};
  const required = Array.isArray(of["required"]) ? of["required"] : [];
  const order = (each: unknown) => (isObject(each) && typeof each["x-order"] === "number" ? each["x-order"] : Number.MAX_SAFE_INTEGER);
  return Object.entries(properties)
    .toSorted(([, a], [, b]) => order(a) - order(b))
    .map(([name, each]) => fieldOf(name, each, required.includes(name), depth));
}

/** What a new item of a list starts with. */
export function blankOf(field: Field): unknown {
  switch (field.kind) {
    case "flag":
      return false;
    case "list":
      return [];
    case "group":
      return Object.fromEntries(field.fields.filter(({ required }) => required).map((each) => [each.name, blankOf(each)]));
    case "choice":
      return field.options[0] ?? "";
    case "json":
      return null;
    default:
      return "";
  }
}

/** A typed number as the JSON number it stands for; what is none stays text, and the server says what is wrong with it. */
export function typedNumber(text: string, whole: boolean): number | string {
  const shape = whole ? /^-?\d{1,15}$/ : /^-?\d{1,15}(\.\d+)?$/;
  return shape.test(text.trim()) ? Number(text.trim()) : text;
}
