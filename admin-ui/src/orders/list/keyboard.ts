// j and k walk, o or Enter opens the quick view, x selects, / searches.
import { useHotkeys } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import type { OrderRow } from "../../api/types";
import { isJumping } from "../../shell/jump";

type Props = { rows: OrderRow[]; onToggle: (id: string) => void; onChoose: (id: string) => void };

/** Where the cursor goes; it stays inside the rows, and -1 is nowhere. */
export function moved(cursor: number, by: 1 | -1, count: number): number {
  if (count === 0) return -1;
  return Math.max(0, Math.min(count - 1, cursor + by));
}

export function useListKeys({ rows, onToggle, onChoose }: Props) {
  const [cursor, setCursor] = useState(-1);
  const searchBox = useRef<HTMLInputElement>(null);
  const navigate = useNavigate();
  const at = (act: (id: string) => void) => () => {
    const order = rows[cursor];
    if (order && !isJumping()) act(order.id);
  };
  const focusIsFree = () => !document.activeElement?.closest("a, button, [role=dialog]");
  useHotkeys([
    ["j", () => setCursor((now) => moved(now, 1, rows.length))],
    ["k", () => setCursor((now) => moved(now, -1, rows.length))],
    ["o", at(onToggle), { preventDefault: false }],
    ["Enter", () => focusIsFree() && at(onToggle)(), { preventDefault: false }],
    ["shift+Enter", at((id) => void navigate({ to: "/orders/$id", params: { id } }))],
    ["x", at(onChoose)],
    ["/", () => searchBox.current?.focus()],
    ["Escape", () => setCursor(-1), { preventDefault: false }],
  ]);
  return { cursor, searchBox };
}
