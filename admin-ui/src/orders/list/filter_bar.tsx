// Search, filters as chips, saved views, columns.
import { ActionIcon, Anchor, Button, CloseButton, TextInput } from "@mantine/core";
import { IconAdjustmentsHorizontal, IconArrowDown, IconArrowUp, IconSearch } from "@tabler/icons-react";
import { useDisclosure } from "@mantine/hooks";
import { type ReactNode, type RefObject, useState } from "react";
import { useSession, useTenantZone } from "../../session/session";
import { usePair } from "../../parts/track_badge";
import { delivery, holds, invoice, payment, type StateLook } from "../../parts/tracks";
import { api } from "../../api/client";
import { useWords } from "../../words/catalogue";
import { useChannelName } from "../channels";
import type { ChannelKind } from "../../api/types";
import { orderWords } from "../words";
import { ColumnMenu } from "./column_menu";
import { FilterDrawer } from "./filter_drawer";
import { chipNames, dayOf, type FilterName, type OrderFilters } from "./filters";
import styles from "./page.module.css";
import { SavedViews } from "./saved_views";
import type { useListSettings } from "./settings";

type Props = {
  filters: OrderFilters;
  onChange: (filters: OrderFilters) => void;
  settings: ReturnType<typeof useListSettings>;
  searchBox: RefObject<HTMLInputElement | null>;
  /** Stands between the filters and the views. */
  children?: ReactNode;
};

export function FilterBar({ filters, onChange, settings, searchBox, children }: Props) {
  const say = useWords(orderWords);
  const [drawer, { open, close }] = useDisclosure(false);
  const chips = chipNames(filters);
  const oldestFirst = filters.sort === "placed_at";
  const { sort, ...unsorted } = filters;
  return (
    <>
      <div className={styles["bar"]}>
        <SearchBox key={filters.text ?? ""} filters={filters} onChange={onChange} searchBox={searchBox} />
        <Button variant="default" size="xs" h={32} leftSection={<IconAdjustmentsHorizontal size={15} />} onClick={open}>
          {say("filter")}
        </Button>
        <ActionIcon
          variant="default"
          size={32}
          aria-label={`${say("sort")}: ${say(oldestFirst ? "oldest" : "newest")}`}
          title={say(oldestFirst ? "oldest" : "newest")}
          onClick={() => onChange(oldestFirst ? unsorted : { ...filters, sort: "placed_at" })}
        >
          {oldestFirst ? <IconArrowUp size={16} /> : <IconArrowDown size={16} />}
        </ActionIcon>
        {children}
        <span style={{ flex: 1 }} />
        <SavedViews filters={filters} columns={settings.columns} onOpen={(view, columns) => {
          onChange(view);
          if (columns.length > 0) settings.setColumns(columns);
        }} />
        <ColumnMenu settings={settings} />
      </div>
      {chips.length > 0 && (
        <div className={styles["chips"]}>
          {chips.map((name) => (
            <Chip key={name} name={name} filters={filters} onRemove={() => {
              const rest = { ...filters };
              delete rest[name];
              onChange(rest);
            }} />
          ))}
          <Anchor component="button" size="xs" onClick={() => onChange({ ...(sort && { sort }) })}>
            {say("clear")}
          </Anchor>
        </div>
      )}
      <FilterDrawer opened={drawer} onClose={close} filters={filters} onApply={onChange} />
    </>
  );
}

function SearchBox({ filters, onChange, searchBox }: Omit<Props, "settings" | "children">) {
  const say = useWords(orderWords);
  const [text, setText] = useState(filters.text ?? "");
  const { text: before, ...rest } = filters;
  const search = (next: string) => {
    if (next.trim() !== (before ?? "")) onChange(next.trim() ? { ...filters, text: next.trim() } : rest);
  };
  return (
    <form
      role="search"
      style={{ flex: "0 1 360px", minWidth: 120 }}
      onSubmit={(event) => {
        event.preventDefault();
        search(text);
      }}
    >
      <TextInput
        ref={searchBox}
        size="xs"
        styles={{ input: { height: 32, fontSize: "0.8125rem" } }}
        aria-label={say("search")}
        placeholder={say("search")}
        leftSection={<IconSearch size={15} />}
        maxLength={200}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={() => search(text)}
        onKeyDown={(event) => {
          if (event.key === "Escape") event.currentTarget.blur();
        }}
        rightSection={text ? <CloseButton size="xs" aria-label={say("clear")} onClick={() => { setText(""); search(""); }} /> : null}
      />
    </form>
  );
}

function Chip({ name, filters, onRemove }: { name: FilterName; filters: OrderFilters; onRemove: () => void }) {
  const say = useWords(orderWords);
  const value = useFilterText(filters.customer)(name, filters);
  const label = say(name as Parameters<typeof say>[0]);
  return (
    <span className={styles["chip"]} data-filter={name}>
      <span title={value}>{`${label}: ${value}`}</span>
      <CloseButton size={20} iconSize={12} radius="xl" aria-label={say("remove", { name: label })} onClick={onRemove} />
    </span>
  );
}

/** A filter's value as people say it. */
function useFilterText(customerId: string | undefined) {
  const say = useWords(orderWords);
  const pair = usePair();
  const channel = useChannelName();
  const zone = useTenantZone();
  const session = useSession();
  const accounts = api.useQuery("get", "/api/v1/channel-accounts", { params: { query: { limit: 200 } } }, { enabled: session?.rights.includes("channels:read") ?? false });
  const customer = api.useQuery("get", "/api/v1/customers/{id}", { params: { path: { id: customerId ?? "" } } }, { enabled: customerId !== undefined && (session?.rights.includes("customers:read") ?? false) });
  const states = (values: string[] | undefined, looks: Record<string, StateLook>) =>
    (values ?? []).map((value) => pair(looks[value]?.name ?? [value, value])).join(", ");
  return (name: FilterName, filters: OrderFilters): string => {
    switch (name) {
      case "channel":
        return (filters.channel ?? []).map((kind) => channel(kind as ChannelKind)).join(", ");
      case "payment":
        return states(filters.payment, payment);
      case "delivery":
        return states(filters.delivery, delivery);
      case "invoice":
        return states(filters.invoice, invoice);
      case "hold":
        return filters.hold === "any" ? say("anyHold") : states(filters.hold ? [filters.hold] : [], holds);
      case "account":
        return accounts.data?.data.find((account) => account.id === filters.account)?.name ?? filters.account ?? "";
      case "customer":
        return customer.data?.company ?? customer.data?.name ?? customer.data?.phone ?? say("thatCustomer");
      case "segment":
        return say(filters.segment === "b2b" ? "b2b" : "b2c");
      case "returned":
        return say(filters.returned ? "yes" : "no");
      case "test":
        return say(filters.test ? "yes" : "no");
      case "placed_from":
        return dayOf(filters.placed_from ?? "", zone);
      case "placed_to":
        return dayOf(new Date(new Date(filters.placed_to ?? "").getTime() - 1).toISOString(), zone);
      default:
        return String(filters[name] ?? "");
    }
  };
}
