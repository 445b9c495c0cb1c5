// Words of the interface, both languages side by side. A missing translation does not compile;
// `words.test.ts` checks that both languages take the same values and that no screen has words of its own.
import { i18n } from "@lingui/core";
import { compileMessage } from "@lingui/message-utils/compileMessage";
import { useLingui } from "@lingui/react";

export const locales = ["en", "vi"] as const;
export type Locale = (typeof locales)[number];
/** English, then Vietnamese. ICU message syntax. */
export type Pair = readonly [en: string, vi: string];
export type Words = Record<string, Pair>;
type Values = Record<string, string | number>;

i18n.setMessagesCompiler(compileMessage);

export const catalogues: Record<string, Words> = {};

/** Registers the words of one room. */
export function catalogue<W extends Words>(room: string, words: W): { room: string; words: W } {
  catalogues[room] = words;
  locales.forEach((locale, index) => {
    i18n.load(
      locale,
      Object.fromEntries(Object.entries(words).map(([key, pair]) => [`${room}.${key}`, pair[index] ?? ""])),
    );
  });
  return { room, words };
}

export type Say<W> = (key: keyof W & string, values?: Values) => string;

/** The words of a room in the current language. */
export function useWords<W extends Words>({ room }: { room: string; words: W }): Say<W> {
  const { i18n: current } = useLingui();
  return (key, values) => current._(`${room}.${key}`, values);
}

export function asLocale(text: string | undefined | null): Locale {
  return text?.toLowerCase().startsWith("vi") ? "vi" : "en";
}

const localeKey = "switchyard.locale";

/** What the person chose here before, else what the browser asks for. */
export function rememberedLocale(): Locale {
  return asLocale(localStorage.getItem(localeKey) ?? navigator.language);
}

export function speak(locale: Locale): void {
  localStorage.setItem(localeKey, locale);
  i18n.activate(locale);
  document.documentElement.lang = locale;
}
