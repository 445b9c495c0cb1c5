// WORDS-1: both languages say everything, with the same values. WORDS-2: no screen has words outside the catalogues.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";
import { catalogues } from "./catalogue";

const source = join(import.meta.dirname, "..");
const files = readdirSync(source, { recursive: true, encoding: "utf8" }).map((name) => join(source, name));

/** The values a message takes: `{name}` and the first word of `{count, plural, …}`, not the texts inside a plural. */
function values(message: string): string[] {
  const found = new Set<string>();
  let depth = 0;
  for (const [index, letter] of [...message].entries()) {
    if (letter === "{" && depth++ % 2 === 0) found.add(/^\s*(\w+)/.exec(message.slice(index + 1))?.[1] ?? "?");
    if (letter === "}") depth--;
  }
  return [...found].toSorted();
}

it("words_1_both_languages_say_everything", async () => {
  await Promise.all(files.filter((file) => /words\.ts$|refusals\.ts$|reasons\.ts$/.test(file)).map((file) => import(file)));
  expect(Object.keys(catalogues).length).toBeGreaterThan(3);
  for (const [room, words] of Object.entries(catalogues)) {
    for (const [key, [en, vi]] of Object.entries(words)) {
      expect(vi.trim(), `${room}.${key} in Vietnamese`).not.toBe("");
      expect(en.trim(), `${room}.${key} in English`).not.toBe("");
      expect(values(vi), `${room}.${key}`).toEqual(values(en));
    }
  }
});

const spoken = new Set(["label", "title", "placeholder", "description", "aria-label", "alt", "text"]);
const hasWords = (text: string) => /\p{L}{2,}/u.test(text);

function unspoken(file: string): string[] {
  const tree = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node) && hasWords(node.text)) found.push(node.text.trim());
    if (ts.isJsxAttribute(node) && spoken.has(node.name.getText()) && node.initializer && ts.isStringLiteral(node.initializer) && hasWords(node.initializer.text)) {
      found.push(node.initializer.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found.map((text) => `${file.slice(source.length + 1)}: ${text}`);
}

it("words_2_no_screen_has_words_of_its_own", () => {
  // Names that are the same in every language.
  const names = /: (Ctrl K)$/;
  const screens = files.filter((file) => file.endsWith(".tsx"));
  expect(screens.length).toBeGreaterThan(20);
  expect(screens.flatMap(unspoken).filter((found) => !names.test(found))).toEqual([]);
});
