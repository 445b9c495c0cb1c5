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

const moneyFormats = new Map<string, Intl.NumberFormat>();
function money(locale: string, currency: string): Intl.NumberFormat {
  const key = `${locale} ${currency}`;
  let format = moneyFormats.get(key);
  if (!format) {
    // More decimals than the minor unit are shown when they are there: unit prices can have them.
    format = new Intl.NumberFormat(locale, { style: "currency", currency, maximumFractionDigits: 6 });
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
