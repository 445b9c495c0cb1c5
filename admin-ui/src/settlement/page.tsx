// The settlement workbench: shops with what their marketplaces hold; below, the orders or the statements of the chosen one.
import { Group, Paper, Stack, Table, Text, UnstyledButton } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { api } from "../api/client";
import type { SettlementShop } from "../api/types_settlement";
import ledger from "../ledger/ledger.module.css";
import { Amount } from "../parts/amount";
import { Empty, Loaded, Page, Panel } from "../parts/section";
import { Wide } from "../parts/wide";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { parseSettlementPlace, type SettlementPlace } from "./filters";
import { ShopOrders } from "./orders";
import { Rates } from "./rates";
import { Statements } from "./statements";
import { TakeIn } from "./take_in";
import { settlementWords } from "./words";

export type Go = (change: { [Name in keyof SettlementPlace]?: string | null }) => void;

export function SettlementPage() {
  const say = useWords(settlementWords);
  const navigate = useNavigate();
  const place = parseSettlementPlace(useSearch({ strict: false }));
  const go: Go = (change) => void navigate({ to: "/settlements", search: parseSettlementPlace({ ...place, ...change }) });
  const shops = api.useQuery("get", "/api/v1/settlement/shops", {}, { refetchInterval: 30_000 });
  return (
    <Page title={say("title")} text={say("text")}>
      <Loaded of={shops} isEmpty={({ data }) => data.length === 0} empty={<Paper><Empty title={say("noShops")} text={say("noShopsText")} /></Paper>}>
        {({ data }) => {
          const shop = data.find(({ id }) => id === place.shop) ?? data[0];
          return (
            <Stack gap="md">
              <Shops shops={data} chosen={shop?.id} go={go} />
              {shop && <Shop key={shop.id} shop={shop} place={place} go={go} />}
            </Stack>
          );
        }}
      </Loaded>
    </Page>
  );
}

function Shops({ shops, chosen, go }: { shops: SettlementShop[]; chosen: string | undefined; go: Go }) {
  const say = useWords(settlementWords);
  return (
    <Panel title={say("shops")} flush>
      <Wide>
        <Table fz="sm" miw={620}>
          <Table.Tbody>
            {shops.map((shop) => (
              <Table.Tr key={`${shop.id} ${shop.currency}`} data-shop={shop.name} bg={shop.id === chosen ? "var(--hover)" : undefined}>
                <Table.Td>
                  <UnstyledButton aria-pressed={shop.id === chosen} onClick={() => go({ shop: shop.id, state: null, statement: null, lines: null })}>
                    <Text size="sm" fw={600}>
                      {shop.name}
                    </Text>
                    <Text size="xs" c="dimmed">
                      {shop.kind}
                    </Text>
                  </UnstyledButton>
                </Table.Td>
                <Table.Td ta="right">
                  <Amount of={shop.clearing} strong />
                  <Text size="xs" c="dimmed">
                    {say("clearing")}
                  </Text>
                </Table.Td>
                <Table.Td ta="right">
                  <Amount of={shop.orders} quietZero />
                  <Text size="xs" c="dimmed">
                    {say("openOrders", { count: shop.orders_open })}
                  </Text>
                </Table.Td>
                <Table.Td ta="right">
                  <Amount of={shop.lines} quietZero />
                  <Text size="xs" c="dimmed">
                    {say("openLines", { count: shop.lines_open })}
                  </Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Wide>
    </Panel>
  );
}

function Shop({ shop, place, go }: { shop: SettlementShop; place: SettlementPlace; go: Go }) {
  const say = useWords(settlementWords);
  const may = useRight();
  const views = [
    { view: null, word: "orders" },
    { view: "statements", word: "statements" },
  ] as const;
  const current = place.view ?? null;
  return (
    <section aria-label={shop.name}>
      <Group justify="space-between" align="center" mb="xs">
        <nav className={ledger["tabs"]} aria-label={say("views")}>
          {views.map(({ view, word }) => (
            <UnstyledButton key={word} className={ledger["tab"] ?? ""} aria-current={current === view ? "page" : undefined} onClick={() => go({ view, statement: null, lines: null })}>
              {say(word)}
            </UnstyledButton>
          ))}
        </nav>
        {may("finance:post") && (
          <Group gap="xs">
            <Rates shop={shop} />
            <TakeIn shop={shop} onTaken={(statement) => go({ shop: shop.id, view: "statements", statement, lines: null })} />
          </Group>
        )}
      </Group>
      {current === "statements" ? <Statements shop={shop.id} place={place} go={go} /> : <ShopOrders shop={shop.id} place={place} go={go} />}
    </section>
  );
}
