// How a plugin is called and what its numbers mean to a person.
import type { Plugin } from "../api/types_admin";

export function pluginName(plugin: Plugin): string {
  return plugin.title || plugin.name;
}

export function kindWord(kind: string): "connector" | "commission" | "credit" | null {
  if (kind.endsWith("connector")) return "connector";
  if (kind.startsWith("commission")) return "commission";
  if (kind.startsWith("credit")) return "credit";
  return null;
}

export function bytesText(bytes: number, locale: string): string {
  const [value, unit] = bytes >= 1_048_576 ? [bytes / 1_048_576, "megabyte"] : [bytes / 1024, "kilobyte"];
  return new Intl.NumberFormat(locale, { style: "unit", unit, maximumFractionDigits: 1 }).format(value);
}

export function durationText(micros: number, locale: string): string {
  const [value, unit] = micros >= 1000 ? [micros / 1000, "millisecond"] : [micros, "microsecond"];
  return new Intl.NumberFormat(locale, { style: "unit", unit, maximumFractionDigits: 1 }).format(value);
}
