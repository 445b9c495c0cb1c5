// A list in pages under filters: that nothing is found is not that nothing is there.
import { Button, Paper } from "@mantine/core";
import type { ReactNode } from "react";
import { flat } from "../api/call";
import { useWords } from "../words/catalogue";
import { MoreButton } from "./controls";
import { Empty, Loaded } from "./section";
import { Wide } from "./wide";
import { partWords } from "./words";

type Pages<T> = { pages: { data: T[] }[] };
type Props<T> = {
  of: Parameters<typeof Loaded<Pages<T>>>[0]["of"] & Parameters<typeof MoreButton>[0]["of"];
  rows?: number;
  /** Takes all filters away; left out while there are none. */
  onClear: (() => void) | undefined;
  noMatch: string;
  /** Shown when nothing is there at all. */
  none: ReactNode;
  children: (rows: T[]) => ReactNode;
};

export function FilteredList<T>({ of, rows = 8, onClear, noMatch, none, children }: Props<T>) {
  const say = useWords(partWords);
  const empty = onClear ? (
    <Empty
      title={noMatch}
      action={
        <Button variant="default" onClick={onClear}>
          {say("clearFilters")}
        </Button>
      }
    />
  ) : (
    none
  );
  return (
    <Paper style={{ overflow: "hidden" }}>
      <Loaded of={of} rows={rows} isEmpty={(data) => flat(data).length === 0} empty={empty}>
        {(data) => <Wide>{children(flat(data))}</Wide>}
      </Loaded>
      <MoreButton of={of} />
    </Paper>
  );
}
