import { expect, it } from "vitest";
import { batched, retryAfterMs } from "./live";

it("takes an order once per batch, as new when it is new", () => {
  expect(
    batched([
      { kind: "updated", id: "a" },
      { kind: "created", id: "a" },
      { kind: "updated", id: "a" },
      { kind: "updated", id: "b" },
      { kind: "updated", id: "b" },
    ]),
  ).toEqual({ created: ["a"], updated: ["b"] });
});

it("waits longer after each refusal, up to half a minute", () => {
  expect([0, 1, 2, 3, 4, 50].map(retryAfterMs)).toEqual([2000, 4000, 8000, 16000, 30000, 30000]);
});
