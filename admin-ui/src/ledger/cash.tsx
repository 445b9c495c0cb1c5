// Where the cash is: a bar for each holder, its accounts below, the orders of an account on a click.
import { Anchor, Box, Group, Paper, Stack, Table, Text, TextInput, UnstyledButton } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { flat, paging } from "../api/call";
import { api } from "../api/client";
import { searchText } from "../api/search";
import type { CashLocator, CashRow, Holder } from "../api/types_ledger";
import { Amount } from "../parts/amount";
import { Length } from "../parts/bar";
import { MoreButton } from "../parts/controls";
import { isNegative, largest, negated } from "../parts/decimal";
import { Moment } from "../parts/moment";
import { Empty, Loaded, Page, Panel } from "../parts/section";
import { Wide } from "../parts/wide";
import { useTenantZone } from "../session/session";
import { useWords } from "../words/catalogue";
import { dayLast, type LedgerPlace, parseLedgerPlace, today } from "./filters";
import styles from "./ledger.module.css";
import { ledgerWords } from "./words";

const holders: Holder[] = ["drawer", "bank", "in_transit_to_bank", "processor", "marketplace", "carrier", "partner", "customer", "owed_to_customer"];
const sized = (amount: string) => (isNegative(amount) ? negated(amount) : amount);

export function CashPage() {
  const say = useWords(ledgerWords);
  const zone = useTenantZone();
  const navigate = useNavigate();
  const place = parseLedgerPlace(useSearch({ strict: false }));
  const setPlace = (next: LedgerPlace) => void navigate({ to: "/cash", search: parseLedgerPlace(next) });
  const asOf = place.as_of ? dayLast(place.as_of, zone) : undefined;
  const located = api.useQuery("get", "/api/v1/ledger/cash-locator", { params: { query: { ...(asOf && { as_of: asOf }) } } }, { placeholderData: keepPreviousData, refetchInterval: 30_000 });
  return (
    <Page title={say("cash")} text={say("cashText")} width={1000}>
      <div className={styles["bar"]}>
        <TextInput type="date" size="xs" label={say("asOf")} max={today(zone)} value={place.as_of ?? today(zone)} onChange={(event) => setPlace({ ...place, as_of: event.currentTarget.value })} />
      </div>
      <Loaded of={located} rows={8} isEmpty={(data) => data.data.length === 0} empty={<Paper><Empty title={say("noCash")} text={say("noneText")} /></Paper>}>
        {(data) => (
          <Stack gap="md">
            {[...new Set(data.totals.map(({ amount }) => amount.currency))].map((currency) => (
              <Currency key={currency} of={data} currency={currency} place={place} asOf={asOf} onPlace={setPlace} />
            ))}
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

type Props = { of: CashLocator; currency: string; place: LedgerPlace; asOf: string | undefined; onPlace: (place: LedgerPlace) => void };

function Currency({ of, currency, place, asOf, onPlace }: Props) {
  const say = useWords(ledgerWords);
  const totals = of.totals.filter(({ amount }) => amount.currency === currency).toSorted((a, b) => holders.indexOf(a.holder) - holders.indexOf(b.holder));
  const rows = of.data.filter(({ amount }) => amount.currency === currency);
  const longest = largest(totals.map(({ amount }) => sized(amount.amount)));
  return (
    <Panel title={currency} flush>
      {totals.map(({ holder, amount }) => (
        <section key={holder} className={styles["group"]} aria-label={say(holder)} data-holder={holder}>
          <div className={styles["holder"]}>
            <Text size="sm" fw={600}>
              {say(holder)}
            </Text>
            <Length amount={amount.amount} longest={longest} tone={holder === "owed_to_customer" ? 4 : 1} />
            <Amount of={amount} strong ta="right" />
          </div>
          {rows
            .filter((row) => row.holder === holder)
            .map((row) => (
              <Account key={row.account} row={row} longest={longest} place={place} asOf={asOf} onPlace={onPlace} />
            ))}
        </section>
      ))}
    </Panel>
  );
}

type AccountProps = { row: CashRow; longest: string } & Pick<Props, "place" | "asOf" | "onPlace">;

function Account({ row, longest, place, asOf, onPlace }: AccountProps) {
  const say = useWords(ledgerWords);
  const isOpen = place.account === row.account && place.currency === row.amount.currency;
  const { account: _, currency: __, ...closed } = place;
  return (
    <>
      <UnstyledButton
        className={styles["account"] ?? ""}
        aria-expanded={isOpen}
        onClick={() => onPlace(isOpen ? closed : { ...place, account: row.account, currency: row.amount.currency })}
      >
        <Box miw={0}>
          <Text size="sm" truncate>
            {row.name}
          </Text>
          <Text size="xs" c="dimmed" truncate>
            {[row.sub_account, say("orderCount", { count: row.orders })].filter(Boolean).join(" · ")}
          </Text>
        </Box>
        <Length amount={row.amount.amount} longest={longest} tone={row.holder === "owed_to_customer" ? 4 : 3} />
        <Amount of={row.amount} fz="sm" ta="right" />
      </UnstyledButton>
      {isOpen && <Orders row={row} asOf={asOf} />}
    </>
  );
}

function Orders({ row, asOf }: { row: CashRow; asOf: string | undefined }) {
  const say = useWords(ledgerWords);
  const orders = api.useInfiniteQuery(
    "get",
    "/api/v1/ledger/cash-locator/orders",
    { params: { query: { account: row.account, currency: row.amount.currency, ...(asOf && { as_of: asOf }), limit: 50 } } },
    paging,
  );
  return (
    <div className={styles["orders"]}>
      <Loaded of={orders} rows={3} isEmpty={(data) => flat(data).length === 0} empty={<Text size="sm" c="dimmed" py="sm">{say("orderCount", { count: 0 })}</Text>}>
        {(data) => (
          <Wide>
            <Table fz="sm" verticalSpacing={5}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{say("order")}</Table.Th>
                  <Table.Th>{say("since")}</Table.Th>
                  <Table.Th ta="right">{say("amount")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {flat(data).map((order) => (
                  <Table.Tr key={order.order_id}>
                    <Table.Td>
                      <Anchor component={Link} to={`/orders/${order.order_id}`} size="sm" fw={560} c="inherit">
                        {`#${order.number}`}
                      </Anchor>
                    </Table.Td>
                    <Table.Td>
                      <Moment at={order.since} />
                    </Table.Td>
                    <Table.Td ta="right">
                      <Amount of={order.amount} />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Wide>
        )}
      </Loaded>
      <MoreButton of={orders} />
      <Group justify="flex-end">
        <Anchor component={Link} to={`/ledger/entries?${searchText({ account: row.account })}`} size="xs">
          {say("allEntries")}
        </Anchor>
      </Group>
    </div>
  );
}
