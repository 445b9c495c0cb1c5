// Rows of documents: the list, the corrections of one, those of an order.
import { Anchor, Table, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { InvoiceRow } from "../api/types_invoices";
import { Amount } from "../parts/amount";
import { Day } from "../parts/moment";
import { TrackBadge } from "../parts/track_badge";
import { useWords } from "../words/catalogue";
import { invoiceWords } from "./words";

export function InvoiceTable({ rows, brief = false }: { rows: InvoiceRow[]; brief?: boolean }) {
  const say = useWords(invoiceWords);
  return (
    <Table fz="sm" miw={brief ? 0 : 900} highlightOnHover highlightOnHoverColor="var(--hover)">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{say("number")}</Table.Th>
          {!brief && <Table.Th>{say("issuedOn")}</Table.Th>}
          {!brief && <Table.Th>{say("buyer")}</Table.Th>}
          {!brief && <Table.Th ta="right">{say("base")}</Table.Th>}
          {!brief && <Table.Th ta="right">{say("tax")}</Table.Th>}
          <Table.Th ta="right">{say("total")}</Table.Th>
          <Table.Th>{say("state")}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => (
          <Table.Tr key={row.id} data-invoice={row.id} style={{ verticalAlign: "top" }}>
            <Table.Td>
              <Anchor component={Link} to={`/invoices/${row.id}`} size="sm" fw={600} c="inherit" style={{ whiteSpace: "nowrap" }}>
                {row.number}
              </Anchor>
              <Text size="xs" c="dimmed">
                {say(row.kind)}
                {brief && (
                  <>
                    {" · "}
                    <Day of={row.issued_on} />
                  </>
                )}
              </Text>
            </Table.Td>
            {!brief && (
              <Table.Td>
                <Day of={row.issued_on} />
              </Table.Td>
            )}
            {!brief && (
              <Table.Td maw={300}>
                <Text size="sm" truncate>
                  {row.buyer_name}
                </Text>
                <Text size="xs" c="dimmed">
                  {[row.buyer_tax_code, row.order_count > 1 ? say("orders", { count: row.order_count }) : null].filter(Boolean).join(" · ")}
                </Text>
              </Table.Td>
            )}
            {!brief && (
              <Table.Td ta="right">
                <Amount of={row.base} />
              </Table.Td>
            )}
            {!brief && (
              <Table.Td ta="right">
                <Amount of={row.tax} quietZero />
              </Table.Td>
            )}
            <Table.Td ta="right">
              <Amount of={row.total} strong />
            </Table.Td>
            <Table.Td>
              <TrackBadge track="invoice" state={row.state} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
