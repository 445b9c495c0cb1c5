// The journal: every entry with its lines, by account, kind, order and days.
import { CloseButton, Group, Select, Text, TextInput } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { paging } from "../api/call";
import { api } from "../api/client";
import { FilteredList } from "../parts/filtered_list";
import { Empty, Page } from "../parts/section";
import { useTenantZone } from "../session/session";
import { useWords } from "../words/catalogue";
import { EntryTable, useKindName } from "./entry";
import { type EntryFilters, entryQuery, parseEntryFilters } from "./filters";
import { entryKinds } from "./kinds";
import styles from "./ledger.module.css";
import { LedgerTabs } from "./tabs";
import { ledgerWords } from "./words";

export function EntriesPage() {
  const say = useWords(ledgerWords);
  const zone = useTenantZone();
  const navigate = useNavigate();
  const kindName = useKindName();
  const filters = parseEntryFilters(useSearch({ strict: false }));
  const set = (change: { [Name in keyof EntryFilters]?: string | null | undefined }) => void navigate({ to: "/ledger/entries", search: parseEntryFilters({ ...filters, ...change }) });
  const entries = api.useInfiniteQuery("get", "/api/v1/ledger/entries", { params: { query: { ...entryQuery(filters, zone), limit: 50 } } }, { ...paging, placeholderData: keepPreviousData });
  const accounts = api.useQuery("get", "/api/v1/ledger/accounts");
  const account = filters.account ?? filters.role ?? null;
  const options = (accounts.data?.data ?? []).map(({ account: value, name }) => ({ value, label: value === name ? name : `${name} · ${value}` }));
  const filtered = Object.keys(filters).length > 0;
  return (
    <Page title={say("title")} text={say("entriesText")}>
      <LedgerTabs />
      <div className={styles["bar"]}>
        <Select
          size="xs"
          w={280}
          label={say("account")}
          placeholder={say("anyAccount")}
          searchable
          clearable
          limit={100}
          data={account && !options.some(({ value }) => value === account) ? [{ value: account, label: account }, ...options] : options}
          value={account}
          onChange={(value) => {
            // A role stands for all its sub-accounts.
            const isRole = value !== null && !value.includes(":");
            set({ account: isRole ? null : value, role: isRole ? value : null });
          }}
        />
        <Select
          size="xs"
          w={170}
          label={say("kind")}
          placeholder={say("anyKind")}
          clearable
          data={entryKinds.map((value) => ({ value, label: kindName(value) }))}
          value={filters.kind ?? null}
          onChange={(kind) => set({ kind })}
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
      <FilteredList of={entries} rows={10} onClear={filtered ? () => void navigate({ to: "/ledger/entries", search: {} }) : undefined} noMatch={say("noMatch")} none={<Empty title={say("none")} text={say("noneText")} />}>
        {(rows) => <EntryTable entries={rows} withOrder />}
      </FilteredList>
    </Page>
  );
}
