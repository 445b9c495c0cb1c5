// The bank: accounts with what is open of each, and the lines of their statements with what they are.
import { Button, Group, Paper, Select, Stack, Table, Text, TextInput, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconChevronRight, IconPlus } from "@tabler/icons-react";
import { keepPreviousData } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Fragment } from "react";
import { paging } from "../api/call";
import { api } from "../api/client";
import type { BankAccount, BankLine } from "../api/types_bank";
import { Amount } from "../parts/amount";
import { FilteredList } from "../parts/filtered_list";
import { Day } from "../parts/moment";
import { SearchBox } from "../parts/search_box";
import { Empty, Loaded, Page, Panel } from "../parts/section";
import { Wide } from "../parts/wide";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { AddAccount } from "./add_account";
import styles from "./bank.module.css";
import { type BankFilters, parseBankFilters } from "./filters";
import { LineDetail } from "./line";
import { TakeIn } from "./take_in";
import { bankWords } from "./words";

export function BankPage() {
  const say = useWords(bankWords);
  const may = useRight();
  const [adding, add] = useDisclosure(false);
  const accounts = api.useQuery("get", "/api/v1/bank/accounts");
  const button = may("finance:post") && (
    <Button variant="default" leftSection={<IconPlus size={16} />} onClick={add.open}>
      {say("add")}
    </Button>
  );
  return (
    <Page title={say("title")} text={say("text")} aside={button}>
      <Loaded of={accounts} isEmpty={({ data }) => data.length === 0} empty={<Paper><Empty title={say("noAccounts")} text={say("noAccountsText")} action={button} /></Paper>}>
        {({ data }) => (
          <Stack gap="md">
            <Accounts accounts={data} />
            <Lines accounts={data} />
          </Stack>
        )}
      </Loaded>
      <AddAccount opened={adding} onClose={add.close} />
    </Page>
  );
}

function Accounts({ accounts }: { accounts: BankAccount[] }) {
  const say = useWords(bankWords);
  const may = useRight();
  return (
    <Panel title={say("accounts")} flush>
      <Wide>
        <Table fz="sm" miw={620}>
          <Table.Tbody>
            {accounts.map((account) => (
              <Table.Tr key={account.id} data-bank={account.name}>
                <Table.Td>
                  <Text size="sm" fw={600}>
                    {account.name}
                  </Text>
                  <Text size="xs" c="dimmed">
                    {account.number}
                  </Text>
                </Table.Td>
                <Table.Td ta="right">
                  <Amount of={account.closing} strong />
                  <Text size="xs" c="dimmed">
                    {say("closing")} <Day of={account.closing_on} />
                  </Text>
                </Table.Td>
                <Table.Td ta="right">
                  <Amount of={account.open} quietZero />
                  <Text size="xs" c="dimmed">
                    {say("openLines", { count: account.lines_open })}
                  </Text>
                </Table.Td>
                <Table.Td w={190} ta="right">
                  {may("finance:post") && <TakeIn account={account} />}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Wide>
    </Panel>
  );
}

function Lines({ accounts }: { accounts: BankAccount[] }) {
  const say = useWords(bankWords);
  const navigate = useNavigate();
  const filters = parseBankFilters(useSearch({ strict: false }));
  const set = (change: { [Name in keyof BankFilters]?: string | null | undefined }) => void navigate({ to: "/bank", search: parseBankFilters({ ...filters, ...change }) });
  const { line: opened, ...query } = filters;
  const lines = api.useInfiniteQuery("get", "/api/v1/bank/lines", { params: { query: { ...query, limit: 50 } } }, { ...paging, placeholderData: keepPreviousData });
  const filtered = Object.keys(query).length > 0;
  return (
    <section aria-label={say("lines")}>
      <div className={styles["bar"]}>
        <Select size="xs" w={200} label={say("account")} placeholder={say("anyAccount")} clearable data={accounts.map(({ id, name }) => ({ value: id, label: name }))} value={filters.account ?? null} onChange={(account) => set({ account })} />
        <Select
          size="xs"
          w={170}
          label={say("state")}
          placeholder={say("anyState")}
          clearable
          data={(["open", "matched"] as const).map((value) => ({ value, label: say(value) }))}
          value={filters.state ?? null}
          onChange={(state) => set({ state })}
        />
        <TextInput type="date" size="xs" label={say("from")} value={filters.from ?? ""} onChange={(event) => set({ from: event.currentTarget.value })} />
        <TextInput type="date" size="xs" label={say("to")} value={filters.to ?? ""} onChange={(event) => set({ to: event.currentTarget.value })} />
        <SearchBox label={say("search")} value={filters.text ?? ""} onSearch={(text) => set({ text })} />
      </div>
      <FilteredList of={lines} onClear={filtered ? () => void navigate({ to: "/bank", search: {} }) : undefined} noMatch={say("noMatch")} none={<Empty title={say("none")} text={say("noneText")} />}>
        {(rows) => (
          <Table fz="sm" miw={760}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th w={36} />
                <Table.Th>{say("day")}</Table.Th>
                <Table.Th>{say("what")}</Table.Th>
                <Table.Th>{say("state")}</Table.Th>
                <Table.Th ta="right">{say("amount")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((line) => (
                <Row key={line.id} line={line} isOpen={opened === line.id} onToggle={() => set({ line: opened === line.id ? null : line.id })} />
              ))}
            </Table.Tbody>
          </Table>
        )}
      </FilteredList>
    </section>
  );
}

function Row({ line, isOpen, onToggle }: { line: BankLine; isOpen: boolean; onToggle: () => void }) {
  const say = useWords(bankWords);
  return (
    <Fragment>
      <Table.Tr data-line={line.state}>
        <Table.Td>
          <UnstyledButton className={styles["chevron"] ?? ""} aria-expanded={isOpen} aria-label={say("show")} onClick={onToggle}>
            <IconChevronRight size={15} />
          </UnstyledButton>
        </Table.Td>
        <Table.Td>
          <Day of={line.booked_on} />
          <Text size="xs" c="dimmed">
            {line.bank_account}
          </Text>
        </Table.Td>
        <Table.Td>
          <Text size="sm">{line.text ?? line.reference ?? "–"}</Text>
          <Text size="xs" c="dimmed">
            {[line.counterparty, line.text ? line.reference : null].filter(Boolean).join(" · ")}
          </Text>
        </Table.Td>
        <Table.Td>
          <Group gap={6} wrap="nowrap">
            <span className={styles["dot"]} data-state={line.state} />
            <Text size="sm">{say(line.state)}</Text>
            {line.how && (
              <Text size="xs" c="dimmed">
                {say(line.how === "rule" ? "byRule" : "byHand")}
              </Text>
            )}
          </Group>
        </Table.Td>
        <Table.Td ta="right">
          <Amount of={line.amount} strong />
        </Table.Td>
      </Table.Tr>
      {isOpen && (
        <Table.Tr className={styles["detail"] ?? ""}>
          <Table.Td colSpan={5}>
            <LineDetail id={line.id} />
          </Table.Td>
        </Table.Tr>
      )}
    </Fragment>
  );
}
