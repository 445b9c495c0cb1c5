// Tax invoices: every document, by kind, state, number and days.
import { Button, CloseButton, Group, Select, Text, TextInput } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { paging } from "../api/call";
import { api } from "../api/client";
import { invoiceKinds, invoiceStates } from "../api/types_invoices";
import styles from "../ledger/ledger.module.css";
import { FilteredList } from "../parts/filtered_list";
import { Empty, Page } from "../parts/section";
import { lookOf, usePair } from "../parts/track_badge";
import { useTenantZone } from "../session/session";
import { useWords } from "../words/catalogue";
import { type InvoiceFilters, invoiceQuery, parseInvoiceFilters } from "./filters";
import { InvoiceTable } from "./table";
import { InvoiceTabs } from "./tabs";
import { Failed } from "./waiting";
import { invoiceWords } from "./words";

export function InvoiceListPage() {
  const say = useWords(invoiceWords);
  const pair = usePair();
  const zone = useTenantZone();
  const navigate = useNavigate();
  const filters = parseInvoiceFilters(useSearch({ strict: false }));
  const set = (change: { [Name in keyof InvoiceFilters]?: string | null | undefined }) => void navigate({ to: "/invoices", search: parseInvoiceFilters({ ...filters, ...change }) });
  const [typed, setTyped] = useState(filters.number ?? "");
  useEffect(() => setTyped(filters.number ?? ""), [filters.number]);
  const invoices = api.useInfiniteQuery("get", "/api/v1/invoices", { params: { query: { ...invoiceQuery(filters, zone), limit: 50 } } }, { ...paging, placeholderData: keepPreviousData, refetchInterval: 20_000 });
  const filtered = Object.keys(filters).length > 0;
  return (
    <Page title={say("title")} text={say("text")}>
      <InvoiceTabs />
      <Failed />
      <div className={styles["bar"]}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            set({ number: typed });
          }}
        >
          <TextInput size="xs" w={210} label={say("number")} placeholder={say("numberHint")} maxLength={200} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} onBlur={() => typed.trim() !== (filters.number ?? "") && set({ number: typed })} />
        </form>
        <Select size="xs" w={190} label={say("kind")} placeholder={say("anyKind")} clearable data={invoiceKinds.map((value) => ({ value, label: say(value) }))} value={filters.kind ?? null} onChange={(kind) => set({ kind })} />
        <Select
          size="xs"
          w={170}
          label={say("state")}
          placeholder={say("anyState")}
          clearable
          data={invoiceStates.map((value) => ({ value, label: pair(lookOf({ track: "invoice", state: value }).name) }))}
          value={filters.state ?? null}
          onChange={(state) => set({ state })}
        />
        <TextInput type="date" size="xs" label={say("from")} value={filters.from ?? ""} onChange={(event) => set({ from: event.currentTarget.value })} />
        <TextInput type="date" size="xs" label={say("to")} value={filters.to ?? ""} onChange={(event) => set({ to: event.currentTarget.value })} />
        {filters.order && (
          <Group gap={2} wrap="nowrap" h={30}>
            <Text size="xs">{say("ofOrder")}</Text>
            <CloseButton size="sm" aria-label={say("removeOrder")} onClick={() => set({ order: null })} />
          </Group>
        )}
      </div>
      <FilteredList
        of={invoices}
        rows={10}
        onClear={filtered ? () => void navigate({ to: "/invoices", search: {} }) : undefined}
        noMatch={say("noMatch")}
        none={
          <Empty
            title={say("none")}
            text={say("noneText")}
            action={
              <Button component={Link} to="/invoices/settings" variant="default">
                {say("toSettings")}
              </Button>
            }
          />
        }
      >
        {(rows) => <InvoiceTable rows={rows} />}
      </FilteredList>
    </Page>
  );
}
