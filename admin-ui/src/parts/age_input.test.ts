import { expect, it } from "vitest";
import { inUnit } from "./age_input";

it("says minutes in the largest unit that says them whole", () => {
  expect([0, 1, 90, 120, 1440, 1500, 2880].map(inUnit)).toEqual([[0, "minutes"], [1, "minutes"], [90, "minutes"], [2, "hours"], [1, "days"], [25, "hours"], [2, "days"]]);
});
