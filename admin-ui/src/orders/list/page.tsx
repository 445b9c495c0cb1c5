// The order list: tabs, filters, rows, quick view, keyboard, live updates.
import { Button, Group, VisuallyHidden } from "@mantine/core";
import { IconArrowUp } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { Empty, Loaded } from "../../parts/section";
import { useWords } from "../../words/catalogue";
import { orderWords } from "../words";
import { BulkBar } from "./bulk_bar";
import { reloadTop, useCounts, useOrders, useTakeUpdates } from "./data";
import { FilterBar } from "./filter_bar";
import { type OrderFilters, parseFilters, toQueryText } from "./filters";
import { Footer } from "./footer";
import { useListKeys } from "./keyboard";
import { type LiveBatch, useLiveOrders } from "./live";
import styles from "./page.module.css";
import { useListSettings } from "./settings";
import { OrderTable } from "./table";
import { Segments } from "./segments";
import { Tabs } from "./tabs";

const glowMs = 2_400;

export function OrderListPage() {
  const say = useWords(orderWords);
  const navigate = useNavigate();
  const search = useSearch({ strict: false });
  const filters = useMemo(() => parseFilters(search), [search]);
  const setFilters = useCallback((next: OrderFilters) => void navigate({ to: "/orders", search: next }), [navigate]);
  const settings = useListSettings();
  const orders = useOrders(filters);
  const counts = useCounts(filters);
  const { rows } = orders;

  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set());
  const [waiting, setWaiting] = useState<ReadonlySet<string>>(new Set());
  const [atTop, setAtTop] = useState(true);

  const toggle = useCallback((id: string) => setOpen((before) => toggled(before, id)), []);
  const choose = useCallback((id: string) => setChosen((before) => toggled(before, id)), []);
  const chooseAll = useCallback(
    () => setChosen((before) => (before.size === rows.length ? new Set() : new Set(rows.map((row) => row.id)))),
    [rows],
  );
  const keys = useListKeys({ rows, onToggle: toggle, onChoose: choose });

  const glow = (ids: string[]) => {
    setFresh(new Set(ids));
    setTimeout(() => setFresh((now) => (ids.every((id) => now.has(id)) ? new Set() : now)), glowMs);
  };
  const showNew = async (ids: string[]) => {
    setWaiting(new Set());
    await reloadTop();
    glow(ids);
  };
  const takeUpdates = useTakeUpdates(rows);
  // New orders slide in by themselves only while nobody reads further down or has something open.
  const calm = atTop && open.size === 0 && chosen.size === 0 && keys.cursor < 0;
  const live = useLiveOrders(({ created, updated }: LiveBatch) => {
    if (updated.length > 0) void takeUpdates(updated).then((changed) => changed.length > 0 && glow(changed));
    // After a reconnect the server tells the last seconds again.
    const unseen = created.filter((id) => !rows.some((row) => row.id === id));
    if (unseen.length === 0) return;
    if (calm) void showNew(unseen);
    else setWaiting((before) => new Set([...before, ...unseen]));
  });

  const end = useCallback(() => {
    if (orders.hasNextPage && !orders.isFetchingNextPage) void orders.fetchNextPage();
  }, [orders]);
  const unfiltered = toQueryText(filters) === "";

  return (
    <div className={styles["page"]}>
      <VisuallyHidden>
        <h1>{say("title")}</h1>
      </VisuallyHidden>
      <header className={styles["head"]}>
        <Group justify="space-between" wrap="nowrap" gap="sm">
          <Tabs filters={filters} counts={counts.inAll} onChange={setFilters} />
          <Segments filters={filters} counts={counts.inBoth} onChange={setFilters} />
        </Group>
        <FilterBar filters={filters} onChange={setFilters} settings={settings} searchBox={keys.searchBox}>
          {waiting.size > 0 && (
            <Button size="xs" h={32} variant="light" leftSection={<IconArrowUp size={14} />} onClick={() => void showNew([...waiting])}>
              {say("fresh", { count: waiting.size })}
            </Button>
          )}
        </FilterBar>
      </header>
      <Loaded
        of={orders}
        rows={14}
        isEmpty={() => rows.length === 0}
        empty={unfiltered ? <NoOrders /> : <Empty title={say("noMatch")} text={say("noMatchText")} action={<Button variant="default" onClick={() => setFilters({})}>{say("clear")}</Button>} />}
      >
        {() => (
          <OrderTable
            rows={rows}
            total={counts.here?.total}
            columns={settings.columns}
            density={settings.density}
            cursor={keys.cursor}
            open={open}
            chosen={chosen}
            fresh={fresh}
            onToggle={toggle}
            onChoose={choose}
            onChooseAll={chooseAll}
            onEnd={end}
            onTop={setAtTop}
          />
        )}
      </Loaded>
      {chosen.size > 0 && <BulkBar ids={[...chosen]} onClear={() => setChosen(new Set())} />}
      <Footer shown={rows.length} counts={counts.here} live={live} busy={orders.isFetching} />
    </div>
  );
}

function NoOrders() {
  const say = useWords(orderWords);
  return (
    <Empty
      title={say("noneTitle")}
      text={say("noneText")}
      action={
        <Button.Group>
          <Button component={Link} to="/channels/connect">
            {say("connect")}
          </Button>
          <Button component={Link} to="/imports" variant="default">
            {say("importFile")}
          </Button>
        </Button.Group>
      }
    />
  );
}

function toggled(before: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(before);
  if (!next.delete(id)) next.add(id);
  return next;
}
