// What this order posted to the ledger, and what is still open.
import { Stack, Table, Text } from "@mantine/core";
import { api } from "../../api/client";
import { EntryTable } from "../../ledger/entry";
import { Amount } from "../../parts/amount";
import { Loaded, Panel } from "../../parts/section";
import { Wide } from "../../parts/wide";
import { useWords } from "../../words/catalogue";
import { moneyWords } from "./money_words";

export function OrderLedger({ id }: { id: string }) {
  const say = useWords(moneyWords);
  const ledger = api.useQuery("get", "/api/v1/orders/{id}/ledger", { params: { path: { id } } });
  return (
    <Loaded of={ledger}>
      {(data) => (
        <Stack gap="md">
          <Panel title={say("balances")} flush>
            {data.balances.length === 0 ? (
              <Text size="sm" c="dimmed" p="md">
                {say("noBalances")}
              </Text>
            ) : (
              <Table fz="sm" verticalSpacing={6}>
                <Table.Tbody>
                  {data.balances.map((row) => (
                    <Table.Tr key={`${row.account} ${row.currency}`}>
                      <Table.Td>
                        <Text span size="sm">
                          {row.name}
                        </Text>{" "}
                        <Text span size="xs" c="dimmed">
                          {row.account}
                        </Text>
                      </Table.Td>
                      <Table.Td ta="right">
                        <Amount of={row.balance} strong c={undefined} />
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            )}
          </Panel>
          <Panel title={say("ledger")} flush>
            {data.entries.length === 0 ? (
              <Text size="sm" c="dimmed" p="md">
                {say("noEntries")}
              </Text>
            ) : (
              <Wide>
                <EntryTable entries={data.entries} />
              </Wide>
            )}
          </Panel>
        </Stack>
      )}
    </Loaded>
  );
}
