// A company's statement over a span of days, with its CSV.
import { Anchor, Button, Group, Paper, Table, Text, TextInput } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { keepPreviousData } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { api } from "../api/client";
import { searchText } from "../api/search";
import { today } from "../ledger/filters";
import { Amount } from "../parts/amount";
import { Day } from "../parts/moment";
import { Empty, Loaded, Page, Panel } from "../parts/section";
import { Wide } from "../parts/wide";
import { useTenantZone } from "../session/session";
import { useWords } from "../words/catalogue";
import { ChosenCompany } from "./company";
import { parseReceivablePlace } from "./filters";
import { ReceivableTabs } from "./tabs";
import { receivableWords } from "./words";

const known = ["sale", "tender", "return", "refund", "reversal", "received_on_account", "manual"] as const;
const isKnown = (kind: string): kind is (typeof known)[number] => known.some((each) => each === kind);

export function StatementPage() {
  const say = useWords(receivableWords);
  const zone = useTenantZone();
  const navigate = useNavigate();
  const place = parseReceivablePlace(useSearch({ strict: false }));
  const to = place.to ?? today(zone);
  const from = place.from ?? `${to.slice(0, 4)}-01-01`;
  const set = (change: Record<string, string | null>) => void navigate({ to: "/receivables/statement", search: parseReceivablePlace({ ...place, ...change }) });
  return (
    <Page title={say("title")} text={say("statementText")} width={1000}>
      <ReceivableTabs />
      <Group gap="xs" align="flex-end" mb="md">
        <ChosenCompany value={place.company} onChange={(company) => set({ company })} />
        <TextInput type="date" label={say("from")} value={from} onChange={(event) => set({ from: event.currentTarget.value })} />
        <TextInput type="date" label={say("to")} value={to} onChange={(event) => set({ to: event.currentTarget.value })} />
      </Group>
      {place.company ? <Rows company={place.company} from={from} to={to} /> : <Paper><Empty title={say("choose")} text={say("chooseText")} /></Paper>}
    </Page>
  );
}

function Rows({ company, from, to }: { company: string; from: string; to: string }) {
  const say = useWords(receivableWords);
  const statement = api.useQuery("get", "/api/v1/receivables/companies/{id}/statement", { params: { path: { id: company }, query: { from, to } } }, { placeholderData: keepPreviousData });
  const csv = (
    <Button component="a" size="compact-sm" variant="default" leftSection={<IconDownload size={15} />} href={`/api/v1/receivables/companies/${company}/statement.csv?${searchText({ from, to })}`} download>
      {say("download")}
    </Button>
  );
  return (
    <Loaded of={statement} rows={8}>
      {(data) => (
        <Panel title={data.name} aside={csv} flush>
          <Wide>
            <Table fz="sm" miw={720}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{say("day")}</Table.Th>
                  <Table.Th>{say("what")}</Table.Th>
                  <Table.Th>{say("order")}</Table.Th>
                  <Table.Th ta="right">{say("amount")}</Table.Th>
                  <Table.Th ta="right">{say("balance")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                <Table.Tr data-row="opening">
                  <Table.Td>
                    <Day of={data.from} />
                  </Table.Td>
                  <Table.Td colSpan={3}>{say("opening")}</Table.Td>
                  <Table.Td ta="right">
                    <Amount of={data.opening} />
                  </Table.Td>
                </Table.Tr>
                {data.rows.map((row, index) => (
                  <Table.Tr key={index}>
                    <Table.Td>
                      <Day of={row.day} />
                    </Table.Td>
                    <Table.Td>
                      {isKnown(row.kind) ? say(row.kind) : row.kind === "allowance" ? say("allowanceGiven") : row.kind}
                      {row.memo && (
                        <Text size="xs" c="dimmed">
                          {row.memo}
                        </Text>
                      )}
                    </Table.Td>
                    <Table.Td>
                      {row.order_id && (
                        <Anchor component={Link} to={`/orders/${row.order_id}`} size="sm" c="inherit">
                          {`#${row.order_number}`}
                        </Anchor>
                      )}
                    </Table.Td>
                    <Table.Td ta="right">
                      <Amount of={row.amount} />
                    </Table.Td>
                    <Table.Td ta="right">
                      <Amount of={row.balance} />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
              <Table.Tfoot>
                <Table.Tr data-row="closing">
                  <Table.Th>
                    <Day of={data.to} />
                  </Table.Th>
                  <Table.Th colSpan={3}>{say("closing")}</Table.Th>
                  <Table.Th ta="right">
                    <Amount of={data.closing} strong />
                  </Table.Th>
                </Table.Tr>
              </Table.Tfoot>
            </Table>
          </Wide>
        </Panel>
      )}
    </Loaded>
  );
}
