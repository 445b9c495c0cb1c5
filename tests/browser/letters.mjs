// The letters the server wrote to files instead of sending them.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const folder = process.env.SWITCHYARD_MAIL_DIR;
const waitMs = 10_000;

/** Quoted-printable and base64 bodies as text. */
export function readable(letter) {
  const quoted = letter
    .replaceAll(/=\r?\n/g, "")
    .replaceAll(/(?:=[0-9A-F]{2})+/g, (run) => Buffer.from(run.replaceAll("=", ""), "hex").toString());
  const encoded = [...letter.matchAll(/^(?:[A-Za-z0-9+/]{40,}={0,2}\r?\n?)+/gm)].map(([block]) => Buffer.from(block, "base64").toString());
  return [quoted, ...encoded].join("\n");
}

/** The newest letter to this address that leads to this page; null when letters are not written to files here. */
export async function lastLetter(address, page) {
  if (!folder || !existsSync(folder)) return null;
  const end = Date.now() + waitMs;
  while (Date.now() < end) {
    const found = readdirSync(folder)
      .map((name) => join(folder, name))
      .toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
      .map((file) => readable(readFileSync(file, "utf8")))
      .find((text) => text.includes(address) && text.includes(`/${page}#`));
    if (found) return found;
    await new Promise((next) => setTimeout(next, 200));
  }
  return null;
}

/** The path and query of the link to a page. */
export function linkIn(letter, page) {
  const link = new RegExp(`https?://\\S+(/${page}#\\S+)`).exec(letter);
  if (!link) throw new Error(`no link to ${page} in the letter`);
  return link[1];
}
