// Times, always in the tenant's zone.
import { Tooltip } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { useNow } from "./now";
import { useTenantZone } from "../session/session";

const formats = new Map<string, Intl.DateTimeFormat>();
function format(locale: string, zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify([locale, zone, options]);
  let made = formats.get(key);
  if (!made) {
    made = new Intl.DateTimeFormat(locale, { ...options, timeZone: zone });
    formats.set(key, made);
  }
  return made;
}

/** The year is told only when it is another one. */
function sameYear(at: string, zone: string): boolean {
  const year = format("en", zone, { year: "numeric" });
  return year.format(new Date(at)) === year.format(new Date());
}

export function formatMoment(at: string, locale: string, zone: string, style: "short" | "dated" | "full" = "short"): string {
  return format(
    // Vietnamese people write 24/11, 01:07: CLDR's order of time and date is not what they are used to.
    locale === "vi" && style !== "full" ? "en-GB" : locale,
    zone,
    style === "full"
      ? { dateStyle: "full", timeStyle: "long" }
      : {
          ...(style === "short" && sameYear(at, zone) ? {} : { year: "numeric" as const }),
          month: locale === "vi" ? "2-digit" : "short",
          day: "2-digit",
          hour: "2-digit",
          minute: "2-digit",
          hourCycle: "h23",
        },
  ).format(new Date(at));
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** `3 minutes ago`, in whole units. */
export function formatAge(at: string, now: number, locale: string): string {
  const seconds = Math.round((new Date(at).getTime() - now) / 1000);
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  for (const [unit, length] of steps) {
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
  }
  return relative.format(0, "second");
}

type Props = { at: string | null | undefined; age?: boolean };

export function Moment({ at, age = false }: Props) {
  const { i18n } = useLingui();
  const zone = useTenantZone();
  const now = useNow();
  if (!at) return <span>–</span>;
  return (
    <Tooltip label={`${formatMoment(at, i18n.locale, zone, "full")}`}>
      <time dateTime={at} style={{ fontVariantNumeric: "tabular-nums", whiteSpace: "nowrap" }}>
        {age ? formatAge(at, now, i18n.locale) : formatMoment(at, i18n.locale, zone)}
      </time>
    </Tooltip>
  );
}

/** A day without a time, `2026-11-23`, is the same in every zone. */
export function formatDay(day: string, locale: string): string {
  const vietnamese = locale === "vi";
  return format(vietnamese ? "en-GB" : locale, "UTC", { year: "numeric", month: vietnamese ? "2-digit" : "short", day: "2-digit" }).format(new Date(`${day}T00:00:00Z`));
}

export function Day({ of }: { of: string | null | undefined }) {
  const { i18n } = useLingui();
  if (!of) return <span>–</span>;
  return (
    <time dateTime={of} style={{ fontVariantNumeric: "tabular-nums", whiteSpace: "nowrap" }}>
      {formatDay(of, i18n.locale)}
    </time>
  );
}
