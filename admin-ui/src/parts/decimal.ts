// Questions about decimal text. Money is never a float here: text comes in, text goes to Intl.

export function isZero(decimal: string): boolean {
  return /^-?0*(\.0*)?$/.test(decimal);
}

export function isNegative(decimal: string): boolean {
  return decimal.startsWith("-") && !isZero(decimal);
}

export function negated(decimal: string): string {
  if (isZero(decimal)) return decimal;
  return decimal.startsWith("-") ? decimal.slice(1) : `-${decimal}`;
}

/** Without zeros at the end of the fraction: `2.000000` is `2`. */
export function trimmed(decimal: string): string {
  return decimal.includes(".") ? decimal.replace(/0+$/, "").replace(/\.$/, "") : decimal;
}

/** Exact: Intl reads the digits of the text. */
export function formatMoney(amount: string, currency: string, locale: string): string {
  return money(locale, currency).format(trimmed(amount) as Intl.StringNumericLiteral);
}

export function formatNumber(decimal: string | number, locale: string): string {
  const text = typeof decimal === "number" ? decimal : (trimmed(decimal) as Intl.StringNumericLiteral);
  return plain(locale).format(text);
}

const fraction = (text: string) => text.split(".")[1]?.length ?? 0;

/** As a whole number of the digit that far after the point. */
function wholeOf(text: string, digits: number): bigint {
  const [integer = "0", rest = ""] = text.replace("-", "").split(".");
  const value = BigInt(`${integer || "0"}${rest.padEnd(digits, "0")}`);
  return text.startsWith("-") ? -value : value;
}

/** Both as whole numbers of the same smallest digit. */
function aligned(a: string, b: string): [a: bigint, b: bigint, digits: number] {
  const digits = Math.max(fraction(a), fraction(b));
  return [wholeOf(a, digits), wholeOf(b, digits), digits];
}

function fromWhole(value: bigint, digits: number): string {
  const text = String(value < 0n ? -value : value).padStart(digits + 1, "0");
  const decimal = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
  return value < 0n ? `-${decimal}` : decimal;
}

export function added(a: string, b: string): string {
  const [first, second, digits] = aligned(a, b);
  return fromWhole(first + second, digits);
}

export function subtracted(a: string, b: string): string {
  return added(a, negated(b));
}

/** Exact: as many digits as both have together. */
export function multiplied(a: string, b: string): string {
  const digits = fraction(a) + fraction(b);
  return trimmed(fromWhole(wholeOf(a, fraction(a)) * wholeOf(b, fraction(b)), digits));
}

/** `amount` x `part` / `whole`, rounded half away from zero to so many digits: percents, taxes, shares. */
export function partOf(amount: string, part: string, whole: string, digits: number): string {
  const [first, second] = aligned(part, whole);
  if (second === 0n) return "0";
  const above = wholeOf(amount, fraction(amount)) * first * 10n ** BigInt(digits);
  const below = second * 10n ** BigInt(fraction(amount));
  const size = (value: bigint) => (value < 0n ? -value : value);
  const value = (size(above) * 2n + size(below)) / (size(below) * 2n);
  return fromWhole(above < 0n !== below < 0n ? -value : value, digits);
}

export function rounded(decimal: string, digits: number): string {
  return partOf(decimal, "1", "1", digits);
}

/** `amount` in parts as the weights are; the parts sum to it exactly, what is left over goes to the largest remainders. */
export function shared(amount: string, weights: string[], digits: number): string[] {
  const most = Math.max(digits, ...weights.map(fraction));
  const sizes = weights.map((weight) => wholeOf(weight, most));
  const all = sizes.reduce((total, size) => total + size, 0n);
  if (all <= 0n) return weights.map(() => "0");
  const whole = wholeOf(rounded(amount, digits), digits);
  const parts = sizes.map((size) => ({ part: (whole * size) / all, rest: (whole * size) % all }));
  let left = whole - parts.reduce((total, { part }) => total + part, 0n);
  for (const each of parts.toSorted((a, b) => (a.rest < b.rest ? 1 : a.rest > b.rest ? -1 : 0))) {
    if (left === 0n) break;
    each.part += 1n;
    left -= 1n;
  }
  return parts.map(({ part }) => fromWhole(part, digits));
}

/** Digits after the point of the smallest coin: none in VND, two in USD. */
export function currencyDigits(currency: string): number {
  return money("en", currency, true).resolvedOptions().maximumFractionDigits ?? 2;
}

/** Negative when `a` is less, zero when both are the same. */
export function compared(a: string, b: string): number {
  const [first, second] = aligned(a, b);
  return first < second ? -1 : first > second ? 1 : 0;
}

export function sum(decimals: string[]): string {
  return decimals.reduce(added, "0");
}

export function largest(decimals: string[]): string {
  return decimals.reduce((most, each) => (compared(each, most) > 0 ? each : most), "0");
}

/** How much of the whole the part is, 0 to 100, for lengths on the screen only. */
export function percentOf(part: string, whole: string): number {
  const [first, second] = aligned(part, whole);
  if (second <= 0n || first <= 0n) return 0;
  return Math.min(100, Number((first * 10_000n) / second) / 100);
}

/** What a person typed as decimal text, in the writing of the language: `1.250.000,5` in Vietnamese. Null when it is no number. */
export function typedDecimal(text: string, locale: string): string | null {
  const marks = plain(locale).formatToParts(11_111.1);
  const mark = (type: "group" | "decimal") => marks.find((part) => part.type === type)?.value ?? "";
  const [group, point] = [mark("group"), mark("decimal")];
  const bare = text.replace(/[\s\u00a0\u202f]/g, "");
  const grouped = new RegExp(`^\\d{1,3}(\\${group}\\d{3})+(\\${point}\\d+)?$`);
  // The dot people type by habit is a point unless it groups thousands.
  const plainText = grouped.test(bare) ? bare.replaceAll(group, "").replace(point, ".") : bare.replace(point, ".");
  return /^\d{1,14}(\.\d{1,6})?$/.test(plainText) ? plainText : null;
}

/** Decimal text as a person would type it: what `typedDecimal` reads back. */
export function written(decimal: string, locale: string): string {
  const point = plain(locale).formatToParts(1.5).find((part) => part.type === "decimal")?.value ?? ".";
  return trimmed(decimal).replace(".", point);
}

const moneyFormats = new Map<string, Intl.NumberFormat>();
function money(locale: string, currency: string, minor = false): Intl.NumberFormat {
  const key = `${locale} ${currency} ${minor}`;
  let format = moneyFormats.get(key);
  if (!format) {
    // More decimals than the minor unit are shown when they are there: unit prices can have them.
    format = new Intl.NumberFormat(locale, { style: "currency", currency, ...(!minor && { maximumFractionDigits: 6 }) });
    moneyFormats.set(key, format);
  }
  return format;
}

const plainFormats = new Map<string, Intl.NumberFormat>();
function plain(locale: string): Intl.NumberFormat {
  let format = plainFormats.get(locale);
  if (!format) {
    format = new Intl.NumberFormat(locale, { maximumFractionDigits: 6 });
    plainFormats.set(locale, format);
  }
  return format;
}
