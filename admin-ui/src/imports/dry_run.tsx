// What an import would do, before it does anything.
import { Group, ScrollArea, Stack, Table, Text } from "@mantine/core";
import { useLingui } from "@lingui/react";
import type { DryRun } from "../api/types_admin";
import { formatNumber } from "../parts/decimal";
import { Panel } from "../parts/section";
import { ToneBadge } from "../parts/track_badge";
import { useWords } from "../words/catalogue";
import { Remarks } from "./remarks";
import { importWords } from "./words";

const sampleShown = 40;
const errorsShown = 100;

function plain(value: unknown): string {
  if (value === null || value === undefined || value === "") return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function DryRunView({ dry }: { dry: DryRun }) {
  const say = useWords(importWords);
  const { i18n } = useLingui();
  const number = (value: number) => formatNumber(value, i18n.locale);
  const changes = dry.sample.flatMap(({ external_id, change }) => change.map((each) => ({ ...each, external_id })));
  return (
    <Panel title={say("dryTitle")}>
      <Stack gap="md">
        <Group gap="sm">
          <ToneBadge tone="good">{`${say("newOrders")}: ${number(dry.orders_new)}`}</ToneBadge>
          <ToneBadge tone="move">{`${say("changedOrders")}: ${number(dry.orders_changed)}`}</ToneBadge>
          <ToneBadge tone="quiet">{`${say("sameOrders")}: ${number(dry.orders_same)}`}</ToneBadge>
          <ToneBadge tone={dry.rows_failed > 0 ? "bad" : "quiet"}>{`${say("rowErrors")}: ${number(dry.rows_failed)}`}</ToneBadge>
        </Group>
        <Remarks of={dry.remarks} />
        {changes.length > 0 && (
          <ScrollArea.Autosize mah={300}>
            <Table fz="sm" aria-label={say("sample")}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{say("order")}</Table.Th>
                  <Table.Th>{say("field")}</Table.Th>
                  <Table.Th>{say("before")}</Table.Th>
                  <Table.Th>{say("after")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {changes.slice(0, sampleShown).map((change, index) => (
                  <Table.Tr key={index}>
                    <Table.Td>{change.external_id}</Table.Td>
                    <Table.Td>{change.field}</Table.Td>
                    <Table.Td c="dimmed">{plain(change.before)}</Table.Td>
                    <Table.Td>{plain(change.after)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </ScrollArea.Autosize>
        )}
        {dry.errors.length === 0 ? (
          <Text size="sm" c="dimmed">
            {say("noErrors")}
          </Text>
        ) : (
          <ScrollArea.Autosize mah={300}>
            <Table fz="sm" aria-label={say("rowErrors")}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{say("row")}</Table.Th>
                  <Table.Th>{say("field")}</Table.Th>
                  <Table.Th>{say("message")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {dry.errors.slice(0, errorsShown).map((error, index) => (
                  <Table.Tr key={index}>
                    <Table.Td>{number(error.row)}</Table.Td>
                    <Table.Td>{error.field}</Table.Td>
                    <Table.Td>{error.message}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </ScrollArea.Autosize>
        )}
      </Stack>
    </Panel>
  );
}
