// What a form checks before it asks the server; the server has the last word.
import type { Say } from "../words/catalogue";
import type { sessionWords } from "./words";

type SessionSay = Say<(typeof sessionWords)["words"]>;

export const emailRule = (say: SessionSay) => (value: string) =>
  /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value.trim()) ? null : say("emailWrong");
export const passwordRule = (say: SessionSay) => (value: string) => (value.length >= 10 ? null : say("passwordShort"));
export const neededRule = (say: SessionSay) => (value: string) => (value.trim() ? null : say("needed"));

/** Only paths of this site, so that a log-in cannot lead elsewhere. */
export function safeReturn(path: string | undefined): string {
  return path && /^\/(?![/\\])/.test(path) ? path : "/orders";
}
