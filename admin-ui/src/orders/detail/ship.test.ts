// SHIP-UI-1: a package is offered what no other package holds.
import { expect, it } from "vitest";
import type { OrderLine, Shipment } from "../../api/types";
import { unshipped } from "./ship";

const line = (external_id: string, quantity: string, kind: OrderLine["kind"] = "product") => ({ external_id, quantity, kind }) as OrderLine;
const sent = (state: Shipment["state"], ...lines: Shipment["lines"]) => ({ state, lines }) as Shipment;

it("ship_ui_1_offers_what_no_package_holds", () => {
  const lines = [line("a", "3"), line("b", "0.5"), line("c", "1", "shipping")];
  expect(unshipped({ lines, shipments: [] })).toEqual([{ line_id: "a", quantity: "3" }, { line_id: "b", quantity: "0.5" }]);
  const shipments = [sent("handed_over", { line_id: "a", quantity: "2" }), sent("cancelled", { line_id: "a", quantity: "1" }), sent("delivered", { line_id: "b", quantity: "0.50" })];
  expect(unshipped({ lines, shipments })).toEqual([{ line_id: "a", quantity: "1" }]);
});
