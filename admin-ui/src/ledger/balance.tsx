// The trial balance as of the end of a day: every account, sums below, by currency.
import { Anchor, Group, Paper, Stack, Table, Text, TextInput } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { api } from "../api/client";
import { searchText } from "../api/search";
import type { Money } from "../api/types";
import type { TrialBalance } from "../api/types_ledger";
import { dayStart } from "../orders/list/filters";
import { Amount } from "../parts/amount";
import { compared } from "../parts/decimal";
import { Empty, Loaded, Page, Panel } from "../parts/section";
import { ToneBadge } from "../parts/track_badge";
import { Wide } from "../parts/wide";
import { useTenantZone } from "../session/session";
import { useWords } from "../words/catalogue";
import { dayLast, type LedgerPlace, parseLedgerPlace, today } from "./filters";
import styles from "./ledger.module.css";
import { LedgerTabs } from "./tabs";
import { ledgerWords } from "./words";

export function TrialBalancePage() {
  const say = useWords(ledgerWords);
  const zone = useTenantZone();
  const navigate = useNavigate();
  const place = parseLedgerPlace(useSearch({ strict: false }));
  const setPlace = (next: LedgerPlace) => void navigate({ to: "/ledger", search: parseLedgerPlace(next) });
  const query = { ...(place.as_of && { as_of: dayLast(place.as_of, zone) }), ...(place.from && { from: dayStart(place.from, zone) }) };
  const balance = api.useQuery("get", "/api/v1/ledger/trial-balance", { params: { query } }, { placeholderData: keepPreviousData });
  return (
    <Page title={say("title")} text={say("balanceText")}>
      <LedgerTabs />
      <div className={styles["bar"]}>
        <TextInput type="date" size="xs" label={say("from")} value={place.from ?? ""} onChange={(event) => setPlace({ ...place, from: event.currentTarget.value })} />
        <TextInput type="date" size="xs" label={say("asOf")} max={today(zone)} value={place.as_of ?? today(zone)} onChange={(event) => setPlace({ ...place, as_of: event.currentTarget.value })} />
      </div>
      <Loaded of={balance} rows={12} isEmpty={(data) => data.data.length === 0} empty={<Paper><Empty title={say("none")} text={say("noneText")} /></Paper>}>
        {(data) => (
          <Stack gap="md">
            {data.totals.map((total) => (
              <Currency key={total.currency} of={data} currency={total.currency} debit={total.debit} credit={total.credit} place={place} />
            ))}
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

type Props = { of: TrialBalance; currency: string; debit: Money; credit: Money; place: LedgerPlace };

function Currency({ of, currency, debit, credit, place }: Props) {
  const say = useWords(ledgerWords);
  const rows = of.data.filter((row) => row.balance.currency === currency);
  const isBalanced = compared(debit.amount, credit.amount) === 0;
  const entriesOf = (account: string) => `/ledger/entries?${searchText({ account, from: place.from, to: place.as_of })}`;
  return (
    <Panel title={currency} flush aside={<ToneBadge tone={isBalanced ? "good" : "bad"}>{say(isBalanced ? "balanced" : "unbalanced")}</ToneBadge>}>
      <Wide>
        <Table fz="sm" miw={720} verticalSpacing={6} highlightOnHover highlightOnHoverColor="var(--hover)">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={80}>{say("number")}</Table.Th>
              <Table.Th>{say("account")}</Table.Th>
              <Table.Th>{say("kind")}</Table.Th>
              <Table.Th ta="right">{say("debit")}</Table.Th>
              <Table.Th ta="right">{say("credit")}</Table.Th>
              <Table.Th ta="right">{say("net")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={row.account} data-account={row.account}>
                <Table.Td c="dimmed" style={{ fontVariantNumeric: "tabular-nums" }}>
                  {row.number ?? ""}
                </Table.Td>
                <Table.Td>
                  <Group gap={8} align="baseline">
                    <Anchor component={Link} to={entriesOf(row.account)} size="sm" c="inherit" fw={520}>
                      {row.name}
                    </Anchor>
                    <Text size="xs" c="dimmed">
                      {row.account}
                    </Text>
                  </Group>
                </Table.Td>
                <Table.Td>{say(row.kind)}</Table.Td>
                <Table.Td ta="right">
                  <Amount of={row.debit} quietZero />
                </Table.Td>
                <Table.Td ta="right">
                  <Amount of={row.credit} quietZero />
                </Table.Td>
                <Table.Td ta="right">
                  <Amount of={row.balance} quietZero strong c={undefined} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
          <Table.Tfoot>
            <Table.Tr>
              <Table.Th />
              <Table.Th>{say("sum")}</Table.Th>
              <Table.Th />
              <Table.Th ta="right">
                <Amount of={debit} strong />
              </Table.Th>
              <Table.Th ta="right">
                <Amount of={credit} strong />
              </Table.Th>
              <Table.Th />
            </Table.Tr>
          </Table.Tfoot>
        </Table>
      </Wide>
    </Panel>
  );
}
