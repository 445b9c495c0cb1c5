// The mapping of a file's columns, as the server reads it. Fields the form does not show are kept as they are.
export type Mapping = {
  columns: Record<string, string>;
  currency?: string | null;
  time_zone?: string;
  date_formats?: string[];
  decimal_mark?: "point" | "comma";
  prices_include_tax?: boolean;
  [other: string]: unknown;
};

export const requiredFields = ["order", "quantity", "unit_price"] as const;
export const usualFields = ["sku", "name", "placed_at", "stated_total", "discount", "tax"] as const;
export const otherFields = [
  "buyer_id",
  "buyer_name",
  "buyer_phone",
  "buyer_email",
  "country",
  "payment_method",
  "status",
  "staff",
  "branch",
  "source",
  "note",
  "line_kind",
] as const;

export function asMapping(raw: Record<string, unknown>): Mapping {
  const columns = raw["columns"];
  return { ...raw, columns: columns && typeof columns === "object" ? { ...(columns as Record<string, string>) } : {} };
}

/** One field set to a column, or taken out. */
export function withColumn(mapping: Mapping, field: string, column: string | null): Mapping {
  const columns = { ...mapping.columns };
  if (column) columns[field] = column;
  else delete columns[field];
  return { ...mapping, columns };
}

/** What keeps the mapping from being used. */
export function missing(mapping: Mapping): string[] {
  const without: string[] = requiredFields.filter((field) => !mapping.columns[field]);
  if (!mapping.currency && !mapping.columns["currency"]) without.push("currency");
  return without;
}

export function fileSize(bytes: number, locale: string): string {
  const [value, unit] = bytes >= 1_048_576 ? [bytes / 1_048_576, "megabyte"] : [Math.max(1, bytes / 1024), "kilobyte"];
  return new Intl.NumberFormat(locale, { style: "unit", unit, maximumFractionDigits: 1 }).format(value);
}
