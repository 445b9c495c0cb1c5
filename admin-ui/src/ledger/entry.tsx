// One entry with its lines; used in the journal and in an order.
import { Anchor, Box, Group, Table, Text } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { Link } from "@tanstack/react-router";
import type { Entry } from "../api/types_ledger";
import { Amount } from "../parts/amount";
import { formatMoment, Moment } from "../parts/moment";
import { ToneBadge } from "../parts/track_badge";
import { useActorName } from "../people/actor";
import { useTenantZone } from "../session/session";
import { useWords } from "../words/catalogue";
import { entryKinds } from "./kinds";
import { ledgerWords } from "./words";

const minuteMs = 60_000;

export function useKindName(): (kind: string) => string {
  const say = useWords(ledgerWords);
  return (kind) => {
    const known = entryKinds.find((each) => each === kind);
    return known ? say(known) : kind;
  };
}

export function EntryRow({ entry, withOrder = false }: { entry: Entry; withOrder?: boolean }) {
  const say = useWords(ledgerWords);
  const kindName = useKindName();
  const who = useActorName();
  const zone = useTenantZone();
  const { i18n } = useLingui();
  const moved = Math.abs(Date.parse(entry.booked_at) - Date.parse(entry.occurred_at)) >= minuteMs;
  return (
    <Table.Tr style={{ verticalAlign: "top" }} data-entry={entry.id}>
      <Table.Td w={150}>
        <Moment at={entry.booked_at} />
        {moved && (
          <Text size="xs" c="dimmed">
            {say("occurred", { when: formatMoment(entry.occurred_at, i18n.locale, zone) })}
          </Text>
        )}
      </Table.Td>
      <Table.Td w={240}>
        <Group gap={6}>
          <Text size="sm" fw={560}>
            {kindName(entry.kind)}
          </Text>
          {withOrder && entry.order_id && (
            <Anchor component={Link} to={`/orders/${entry.order_id}`} size="sm">
              {`#${entry.order_number ?? ""}`}
            </Anchor>
          )}
          {entry.reversed_by && <ToneBadge tone="quiet">{say("reversed")}</ToneBadge>}
          {entry.reverses && entry.kind !== "reversal" && <ToneBadge tone="wait">{say("reverses")}</ToneBadge>}
        </Group>
        <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          {[entry.memo, who(entry.actor)].filter(Boolean).join(" · ")}
        </Text>
      </Table.Td>
      <Table.Td p={0}>
        <Table fz="sm" verticalSpacing={5} withRowBorders={false} layout="fixed">
          <Table.Tbody>
            {entry.lines.map((line, index) => (
              <Table.Tr key={index}>
                <Table.Td>
                  <Box pl={line.credit ? 16 : 0}>
                    <Text size="sm" title={line.account}>
                      {line.name}
                    </Text>
                    {line.sub_account && (
                      <Text size="xs" c="dimmed" truncate>
                        {line.account}
                      </Text>
                    )}
                  </Box>
                </Table.Td>
                <Table.Td ta="right" w={150}>
                  {line.debit && <Amount of={line.debit} />}
                </Table.Td>
                <Table.Td ta="right" w={150}>
                  {line.credit && <Amount of={line.credit} />}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.Td>
    </Table.Tr>
  );
}

export function EntryTable({ entries, withOrder = false }: { entries: Entry[]; withOrder?: boolean }) {
  const say = useWords(ledgerWords);
  return (
    <Table fz="sm" miw={860}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{say("booked")}</Table.Th>
          <Table.Th w={240}>{say("kind")}</Table.Th>
          <Table.Th p={0}>
            <Group gap={0} wrap="nowrap">
              <Box flex={1} px={12}>
                {say("account")}
              </Box>
              <Box w={150} px={12} ta="right">
                {say("debit")}
              </Box>
              <Box w={150} px={12} ta="right">
                {say("credit")}
              </Box>
            </Group>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {entries.map((entry) => (
          <EntryRow key={entry.id} entry={entry} withOrder={withOrder} />
        ))}
      </Table.Tbody>
    </Table>
  );
}
