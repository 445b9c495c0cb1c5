// API-1: every call the UI makes is one the server documents. `cargo xtask openapi` writes openapi.json.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";

const here = import.meta.dirname;
const document = join(here, "openapi.json");

function calls(): [path: string, method: string][] {
  const source = readFileSync(join(here, "paths.ts"), "utf8");
  const tree = ts.createSourceFile("paths.ts", source, ts.ScriptTarget.Latest, true);
  const found: [string, string][] = [];
  tree.forEachChild((node) => {
    if (!ts.isInterfaceDeclaration(node) || node.name.text !== "paths") return;
    for (const path of node.members) {
      if (!ts.isPropertySignature(path) || !path.name || !ts.isStringLiteral(path.name) || !path.type || !ts.isTypeLiteralNode(path.type)) continue;
      for (const method of path.type.members) found.push([path.name.text, method.name?.getText() ?? ""]);
    }
  });
  return found;
}

it("finds the calls of the UI", () => {
  expect(calls().length).toBeGreaterThan(60);
  expect(calls()).toContainEqual(["/api/v1/orders/{id}", "patch"]);
});

it.skipIf(!existsSync(document))("api_1_every_call_is_documented", () => {
  const { paths } = JSON.parse(readFileSync(document, "utf8")) as { paths: Record<string, Record<string, unknown>> };
  const undocumented = calls().filter(([path, method]) => !paths[path]?.[method]);
  expect(undocumented).toEqual([]);
});
