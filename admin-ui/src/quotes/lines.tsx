// The lines of a quote, each with where its price came from.
import { Table, Text } from "@mantine/core";
import { useLingui } from "@lingui/react";
import type { QuoteLine } from "../api/types_sales";
import { Amount } from "../parts/amount";
import { formatMoney, formatNumber } from "../parts/decimal";
import { ToneBadge } from "../parts/track_badge";
import { Wide } from "../parts/wide";
import { useWords } from "../words/catalogue";
import { reasonWord } from "./states";
import { quoteWords } from "./words";

/** Where a price came from, how far below, and what is left of it. */
export function PriceNotes({ line, currency }: { line: QuoteLine; currency: string }) {
  const say = useWords(quoteWords);
  const { i18n } = useLingui();
  const number = (text: string) => formatNumber(text, i18n.locale);
  const { list } = line;
  const below = line.discount_percent && !line.discount_percent.startsWith("-") && line.discount_percent !== "0";
  const notes = [
    list ? say("fromList", { price: formatMoney(list.price, currency, i18n.locale), list: list.list, version: list.version, quantity: number(list.min_quantity) }) : say("noList"),
    below && say("discount", { percent: number(line.discount_percent ?? "0") }),
    line.margin_percent && say("margin", { percent: number(line.margin_percent) }),
  ];
  return (
    <>
      <Text size="xs" c="dimmed">
        {notes.filter(Boolean).join(" · ")}
      </Text>
      {line.needs_approval.length > 0 && (
        <ToneBadge tone={line.approved ? "good" : "wait"}>
          {line.approved ? say("approved") : `${say("needs")}: ${line.needs_approval.map((reason) => say(reasonWord[reason])).join(", ")}`}
        </ToneBadge>
      )}
    </>
  );
}

export function QuoteLines({ lines, currency }: { lines: QuoteLine[]; currency: string }) {
  const say = useWords(quoteWords);
  const { i18n } = useLingui();
  return (
    <Wide>
      <Table fz="sm" miw={640}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{say("sku")}</Table.Th>
            <Table.Th ta="right">{say("quantity")}</Table.Th>
            <Table.Th ta="right">{say("price")}</Table.Th>
            <Table.Th>{say("listPrice")}</Table.Th>
            <Table.Th ta="right">{say("total")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {lines.map((line) => (
            <Table.Tr key={line.line_id}>
              <Table.Td>
                <Text size="sm" fw={560}>
                  {line.sku}
                </Text>
                <Text size="xs" c="dimmed">
                  {line.name}
                </Text>
              </Table.Td>
              <Table.Td ta="right">{formatNumber(line.quantity, i18n.locale)}</Table.Td>
              <Table.Td ta="right">
                <Amount of={{ amount: line.unit_price, currency }} strong />
              </Table.Td>
              <Table.Td maw={340}>
                <PriceNotes line={line} currency={currency} />
              </Table.Td>
              <Table.Td ta="right">
                <Amount of={line.total} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Wide>
  );
}
