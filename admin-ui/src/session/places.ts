// Countries, currencies and time zones to choose from; Intl gives their names.
export type Choice = { value: string; label: string };

/** Where sign-up starts: what the browser says about the place. */
const home: Record<string, { currency: string; zone: string }> = {
  VN: { currency: "VND", zone: "Asia/Ho_Chi_Minh" },
  TH: { currency: "THB", zone: "Asia/Bangkok" },
  ID: { currency: "IDR", zone: "Asia/Jakarta" },
  MY: { currency: "MYR", zone: "Asia/Kuala_Lumpur" },
  SG: { currency: "SGD", zone: "Asia/Singapore" },
  PH: { currency: "PHP", zone: "Asia/Manila" },
  TW: { currency: "TWD", zone: "Asia/Taipei" },
  JP: { currency: "JPY", zone: "Asia/Tokyo" },
  KR: { currency: "KRW", zone: "Asia/Seoul" },
  IN: { currency: "INR", zone: "Asia/Kolkata" },
  AU: { currency: "AUD", zone: "Australia/Sydney" },
  US: { currency: "USD", zone: "America/New_York" },
  CA: { currency: "CAD", zone: "America/Toronto" },
  BR: { currency: "BRL", zone: "America/Sao_Paulo" },
  MX: { currency: "MXN", zone: "America/Mexico_City" },
  GB: { currency: "GBP", zone: "Europe/London" },
  DE: { currency: "EUR", zone: "Europe/Berlin" },
  FR: { currency: "EUR", zone: "Europe/Paris" },
  ES: { currency: "EUR", zone: "Europe/Madrid" },
  IT: { currency: "EUR", zone: "Europe/Rome" },
  NL: { currency: "EUR", zone: "Europe/Amsterdam" },
  PL: { currency: "PLN", zone: "Europe/Warsaw" },
};

export function countries(locale: string): Choice[] {
  const names = new Intl.DisplayNames(locale, { type: "region" });
  return Object.keys(home)
    .map((value) => ({ value, label: names.of(value) ?? value }))
    .toSorted((a, b) => a.label.localeCompare(b.label, locale));
}

export function currencies(locale: string): Choice[] {
  const names = new Intl.DisplayNames(locale, { type: "currency" });
  return Intl.supportedValuesOf("currency").map((value) => ({ value, label: `${value} · ${names.of(value) ?? value}` }));
}

export function zones(): string[] {
  const known = Intl.supportedValuesOf("timeZone").map((zone) => (zone === "Asia/Saigon" ? "Asia/Ho_Chi_Minh" : zone));
  return known.includes("UTC") ? known : [...known, "UTC"];
}

export function homeOf(country: string): { currency: string; zone: string } | undefined {
  return home[country];
}

export function guessCountry(language: string, zone: string): string {
  const byZone = Object.entries(home).find(([, place]) => place.zone === zone)?.[0];
  const byLanguage = new Intl.Locale(language).maximize().region;
  return byZone ?? (byLanguage && home[byLanguage] ? byLanguage : "VN");
}
