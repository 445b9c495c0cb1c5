// The queue of holds: the most money first, or the longest wait; filters live in the address.
import { Anchor, Button, Checkbox, Chip, CloseButton, Group, Paper, SegmentedControl, Select, Table, Text, TextInput, UnstyledButton } from "@mantine/core";
import { IconChevronRight } from "@tabler/icons-react";
import { keepPreviousData } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Fragment, useState } from "react";
import { flat, paging } from "../api/call";
import { api } from "../api/client";
import type { HoldItem } from "../api/types_credit";
import { Amount } from "../parts/amount";
import { MoreButton } from "../parts/controls";
import { Moment } from "../parts/moment";
import { Empty, Loaded, Page } from "../parts/section";
import { ToneBadge, TrackBadge, usePair } from "../parts/track_badge";
import { holds as holdLooks } from "../parts/tracks";
import { Wide } from "../parts/wide";
import { partWords } from "../parts/words";
import { useWords } from "../words/catalogue";
import { HoldBulk } from "./bulk";
import { HoldDetail } from "./detail";
import { type HoldFilters, parseHoldFilters, sorts } from "./filters";
import styles from "./page.module.css";
import { holdReasonText } from "./reasons";
import { ReleaseHold } from "./release";
import { holdWords } from "./words";

const sortWord = { "-value": "highest", value: "lowest", "-age": "oldest", age: "newest" } as const;
const askAgainMs = 15_000;

export function HoldQueuePage() {
  const say = useWords(holdWords);
  const navigate = useNavigate();
  const filters = parseHoldFilters(useSearch({ strict: false }));
  const setFilters = (next: HoldFilters) => void navigate({ to: "/holds", search: parseHoldFilters(next) });
  const queue = api.useInfiniteQuery("get", "/api/v1/holds", { params: { query: { ...filters, limit: 50 } } }, { ...paging, placeholderData: keepPreviousData, refetchInterval: askAgainMs });
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const shown = queue.data ? flat(queue.data) : [];
  const picked = shown.filter(({ id }) => chosen.has(id));
  const { sort, ...narrowed } = filters;
  return (
    <Page title={say("title")} text={say("text")} width={1320}>
      <FilterBar filters={filters} onChange={setFilters} />
      <Paper style={{ overflow: "hidden" }}>
        <Loaded
          of={queue}
          rows={8}
          isEmpty={() => shown.length === 0}
          empty={
            Object.keys(narrowed).length > 0 ? (
              <Empty title={say("noMatch")} action={<Button variant="default" onClick={() => setFilters(sort ? { sort } : {})}>{say("clear")}</Button>} />
            ) : (
              <Empty title={say("none")} text={say("noneText")} />
            )
          }
        >
          {() => (
            <Queue
              holds={shown}
              open={open}
              chosen={chosen}
              onOpen={(id) => setOpen((before) => toggled(before, id))}
              onChoose={(id) => setChosen((before) => toggled(before, id))}
              onChooseAll={() => setChosen(picked.length === shown.length ? new Set() : new Set(shown.map(({ id }) => id)))}
            />
          )}
        </Loaded>
        <MoreButton of={queue} />
      </Paper>
      {picked.length > 0 && <HoldBulk holds={picked} onClear={() => setChosen(new Set())} />}
    </Page>
  );
}

function FilterBar({ filters, onChange }: { filters: HoldFilters; onChange: (filters: HoldFilters) => void }) {
  const say = useWords(holdWords);
  const pair = usePair();
  const { owner, currency, company, type, sort } = filters;
  return (
    <div className={styles["bar"]}>
      <Chip.Group multiple value={type ?? []} onChange={(types) => onChange({ ...filters, type: types })}>
        <Group gap={6} role="group" aria-label={say("types")}>
          {Object.entries(holdLooks).map(([value, look]) => (
            <Chip key={value} value={value} size="xs" variant="outline">
              {pair(look.name)}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
      <span style={{ flex: 1 }} />
      {company && (
        <Group gap={2} wrap="nowrap">
          <Text size="xs">{say("ofCompany")}</Text>
          <CloseButton
            size="sm"
            aria-label={say("removeCompany")}
            onClick={() => {
              const { company: _, ...rest } = filters;
              onChange(rest);
            }}
          />
        </Group>
      )}
      <SegmentedControl
        size="xs"
        aria-label={say("owner")}
        value={owner === "me" || owner === "none" ? owner : ""}
        onChange={(value) => {
          const { owner: _, ...rest } = filters;
          onChange(value ? { ...rest, owner: value } : rest);
        }}
        data={[
          { value: "", label: say("anybody") },
          { value: "me", label: say("mine") },
          { value: "none", label: say("nobodys") },
        ]}
      />
      <TextInput
        key={currency ?? ""}
        size="xs"
        w={84}
        aria-label={say("currency")}
        placeholder={say("currency")}
        maxLength={3}
        defaultValue={currency ?? ""}
        onBlur={(event) => {
          const { currency: _, ...rest } = filters;
          const value = event.currentTarget.value.trim();
          if (value.toUpperCase() !== (currency ?? "")) onChange(value ? { ...rest, currency: value } : rest);
        }}
        onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
      />
      <Select
        size="xs"
        w={180}
        aria-label={say("sort")}
        allowDeselect={false}
        data={sorts.map((value) => ({ value, label: say(sortWord[value]) }))}
        value={sort ?? "-value"}
        onChange={(value) => onChange({ ...filters, sort: (value ?? "-value") as NonNullable<HoldFilters["sort"]> })}
      />
    </div>
  );
}

type QueueProps = {
  holds: HoldItem[];
  open: ReadonlySet<string>;
  chosen: ReadonlySet<string>;
  onOpen: (id: string) => void;
  onChoose: (id: string) => void;
  onChooseAll: () => void;
};

const columns = 9;

function Queue({ holds, open, chosen, onOpen, onChoose, onChooseAll }: QueueProps) {
  const say = useWords(holdWords);
  const part = useWords(partWords);
  const count = holds.filter(({ id }) => chosen.has(id)).length;
  return (
    <Wide>
      <Table fz="sm" miw={1000} verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={40}>
              <Checkbox size="xs" aria-label={part("select")} checked={count === holds.length} indeterminate={count > 0 && count < holds.length} onChange={onChooseAll} />
            </Table.Th>
            <Table.Th w={40} />
            <Table.Th>{say("order")}</Table.Th>
            <Table.Th>{say("type")}</Table.Th>
            <Table.Th ta="right">{say("value")}</Table.Th>
            <Table.Th>{say("age")}</Table.Th>
            <Table.Th>{say("why")}</Table.Th>
            <Table.Th>{say("owner")}</Table.Th>
            <Table.Th />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {holds.map((hold) => (
            <Fragment key={hold.id}>
              <Row hold={hold} isOpen={open.has(hold.id)} isChosen={chosen.has(hold.id)} onOpen={onOpen} onChoose={onChoose} />
              {open.has(hold.id) && (
                <Table.Tr className={styles["detail"] ?? ""}>
                  <Table.Td colSpan={columns}>
                    <HoldDetail hold={hold} />
                  </Table.Td>
                </Table.Tr>
              )}
            </Fragment>
          ))}
        </Table.Tbody>
      </Table>
    </Wide>
  );
}

type RowProps = { hold: HoldItem; isOpen: boolean; isChosen: boolean; onOpen: (id: string) => void; onChoose: (id: string) => void };

function Row({ hold, isOpen, isChosen, onOpen, onChoose }: RowProps) {
  const say = useWords(holdWords);
  const number = String(hold.order.number);
  return (
    <Table.Tr
      data-hold={hold.id}
      {...(isChosen && { bg: "var(--chosen)" })}
      style={{ cursor: "pointer" }}
      onClick={(event) => {
        const target = event.target as HTMLElement;
        if (!target.closest("a, button, input, label") && event.currentTarget.contains(target) && !window.getSelection()?.toString()) onOpen(hold.id);
      }}
    >
      <Table.Td>
        <Checkbox size="xs" checked={isChosen} onChange={() => onChoose(hold.id)} aria-label={say("select", { number })} />
      </Table.Td>
      <Table.Td px={0}>
        <UnstyledButton className={styles["chevron"] ?? ""} aria-expanded={isOpen} aria-label={say("look", { number })} onClick={() => onOpen(hold.id)}>
          <IconChevronRight size={15} />
        </UnstyledButton>
      </Table.Td>
      <Table.Td maw={230}>
        <Anchor component={Link} to={`/orders/${hold.order.id}`} size="sm" fw={600} c="inherit">
          {`#${number}`}
        </Anchor>
        <Text size="xs" c="dimmed" truncate>
          {hold.company?.name ?? hold.order.buyer ?? "–"}
        </Text>
      </Table.Td>
      <Table.Td>
        <Group gap={6}>
          <TrackBadge track="hold" state={hold.type} />
          {hold.escalation > 0 && <ToneBadge tone="bad">{say("escalated", { level: hold.escalation })}</ToneBadge>}
        </Group>
      </Table.Td>
      <Table.Td ta="right">
        <Amount of={hold.value} strong />
      </Table.Td>
      <Table.Td style={{ whiteSpace: "nowrap" }}>
        <Moment at={hold.placed_at} age />
      </Table.Td>
      <Table.Td maw={360}>
        <Text size="sm" lineClamp={2}>
          {holdReasonText(hold)}
        </Text>
      </Table.Td>
      <Table.Td maw={140}>
        <Text size="sm" truncate c={hold.owner ? undefined : "dimmed"}>
          {hold.owner?.name ?? say("nobody")}
        </Text>
        {hold.approvals_needed > 1 && (
          <Text size="xs" c="dimmed">
            {say("approvals", { given: hold.approvals.length, needed: hold.approvals_needed })}
          </Text>
        )}
      </Table.Td>
      <Table.Td ta="right">{hold.may_release && <ReleaseHold hold={hold} />}</Table.Td>
    </Table.Tr>
  );
}

function toggled(before: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(before);
  if (!next.delete(id)) next.add(id);
  return next;
}
