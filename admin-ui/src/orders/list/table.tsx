// The rows: virtual, so that ten thousand loaded orders scroll like ten. Each order is its own <tbody>,
// which may carry its quick view as a second row.
import { Checkbox, UnstyledButton } from "@mantine/core";
import { IconChevronRight } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useMemo, useRef } from "react";
import type { OrderRow } from "../../api/types";
import { partWords } from "../../parts/words";
import { useWords } from "../../words/catalogue";
import { orderWords } from "../words";
import { type Column, chosenColumns } from "./columns";
import { QuickView } from "./quick_view";
import type { Density } from "./settings";
import styles from "./table.module.css";

const leadWidth = 62;
const rowHeight: Record<Density, number> = { compact: 36, roomy: 46 };
const nearEnd = 25;

type Props = {
  rows: OrderRow[];
  total: number | undefined;
  columns: string[];
  density: Density;
  cursor: number;
  open: ReadonlySet<string>;
  chosen: ReadonlySet<string>;
  /** Orders that just came or changed: they glow once. */
  fresh: ReadonlySet<string>;
  onToggle: (id: string) => void;
  onChoose: (id: string) => void;
  onChooseAll: () => void;
  onEnd: () => void;
  onTop: (atTop: boolean) => void;
};

export function OrderTable(props: Props) {
  const { rows, total, density, cursor, open, chosen, fresh, onToggle, onChoose, onChooseAll, onEnd, onTop } = props;
  const say = useWords(orderWords);
  const part = useWords(partWords);
  const shown = useMemo(() => chosenColumns(props.columns), [props.columns]);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight[density],
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 10,
    scrollPaddingStart: 40,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;

  useEffect(() => {
    if (rows.length > 0 && last >= rows.length - nearEnd) onEnd();
  }, [last, rows.length, onEnd]);
  useEffect(() => {
    if (cursor >= 0) virtual.scrollToIndex(cursor, { align: "auto" });
    // Only a moved cursor scrolls; the virtualizer itself changes with every scroll.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [cursor]);

  const width = leadWidth + shown.reduce((sum, column) => sum + column.width, 0);
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  const span = shown.length + 1;
  return (
    <div
      ref={scroller}
      className={styles["scroller"]}
      data-density={density}
      onScroll={(event) => onTop(event.currentTarget.scrollTop < 40)}
      role="region"
      aria-label={say("listLabel")}
      tabIndex={0}
    >
      <table className={styles["table"]} style={{ minWidth: width }} aria-rowcount={total ?? rows.length}>
        <colgroup>
          <col style={{ width: leadWidth }} />
          {shown.map((column) => (
            <col key={column.id} style={{ width: column.id === "buyer" ? undefined : column.width }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            <th scope="col">
              <Checkbox
                size="xs"
                aria-label={part("select")}
                checked={rows.length > 0 && chosen.size === rows.length}
                indeterminate={chosen.size > 0 && chosen.size < rows.length}
                onChange={onChooseAll}
              />
            </th>
            {shown.map((column) => (
              <th key={column.id} scope="col" data-right={column.right}>
                {say(column.word)}
              </th>
            ))}
          </tr>
        </thead>
        {before > 0 && (
          <tbody aria-hidden="true">
            <tr style={{ height: before }}>
              <td colSpan={span} />
            </tr>
          </tbody>
        )}
        {items.map((item) => {
          const order = rows[item.index];
          if (!order) return null;
          const isOpen = open.has(order.id);
          return (
            <tbody key={order.id} ref={virtual.measureElement} data-index={item.index} data-open={isOpen || undefined}>
              <Row
                order={order}
                index={item.index}
                columns={shown}
                active={item.index === cursor}
                isOpen={isOpen}
                isChosen={chosen.has(order.id)}
                isFresh={fresh.has(order.id)}
                onToggle={onToggle}
                onChoose={onChoose}
              />
              {isOpen && (
                <tr className={styles["quick"]}>
                  <td colSpan={span}>
                    <QuickView id={order.id} />
                  </td>
                </tr>
              )}
            </tbody>
          );
        })}
        {after > 0 && (
          <tbody aria-hidden="true">
            <tr style={{ height: after }}>
              <td colSpan={span} />
            </tr>
          </tbody>
        )}
      </table>
    </div>
  );
}

type RowProps = {
  order: OrderRow;
  index: number;
  columns: Column[];
  active: boolean;
  isOpen: boolean;
  isChosen: boolean;
  isFresh: boolean;
  onToggle: (id: string) => void;
  onChoose: (id: string) => void;
};

const Row = memo(function Row({ order, index, columns, active, isOpen, isChosen, isFresh, onToggle, onChoose }: RowProps) {
  const say = useWords(orderWords);
  return (
    <tr
      className={styles["row"]}
      data-active={active || undefined}
      data-chosen={isChosen || undefined}
      data-fresh={isFresh || undefined}
      data-held={order.holds.length > 0 || undefined}
      data-order={order.id}
      aria-rowindex={index + 2}
      onClick={(event) => {
        const target = event.target as HTMLElement;
        if (!target.closest("a, button, input, label") && !window.getSelection()?.toString()) onToggle(order.id);
      }}
    >
      <td>
        <span className={styles["lead"]}>
          <Checkbox size="xs" checked={isChosen} onChange={() => onChoose(order.id)} aria-label={say("selectOrder", { number: order.number })} />
          <UnstyledButton
            className={styles["expand"] ?? ""}
            aria-expanded={isOpen}
            aria-label={say("expand", { number: order.number })}
            onClick={() => onToggle(order.id)}
          >
            <IconChevronRight size={15} />
          </UnstyledButton>
        </span>
      </td>
      {columns.map((column) => (
        <td key={column.id} data-right={column.right} data-column={column.id}>
          {column.id === "number" ? (
            <Link to="/orders/$id" params={{ id: order.id }} className={styles["number"]}>
              {column.cell(order, say)}
            </Link>
          ) : (
            column.cell(order, say)
          )}
        </td>
      ))}
    </tr>
  );
});
