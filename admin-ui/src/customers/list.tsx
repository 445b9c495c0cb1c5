// Customers over all channels, who bought last first.
import { Anchor, Group, Paper, Stack, Table } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { flat, paging } from "../api/call";
import { api } from "../api/client";
import type { Customer } from "../api/types_products";
import { ChannelMark, useChannelName } from "../orders/channels";
import { Amount } from "../parts/amount";
import { MoreButton } from "../parts/controls";
import { Moment } from "../parts/moment";
import { SearchBox } from "../parts/search_box";
import { Empty, Loaded, Page } from "../parts/section";
import { Wide } from "../parts/wide";
import { useWords } from "../words/catalogue";
import { CustomerLines, useCustomerName } from "./name";
import { customerWords } from "./words";

export function CustomersPage() {
  const say = useWords(customerWords);
  const [text, setText] = useState("");
  const customers = api.useInfiniteQuery("get", "/api/v1/customers", { params: { query: { ...(text && { text }), limit: 50 } } }, { ...paging, placeholderData: keepPreviousData });
  return (
    <Page title={say("title")} text={say("text")}>
      <Group gap="xs" mb="sm">
        <SearchBox label={say("search")} value={text} onSearch={setText} />
      </Group>
      <Paper style={{ overflow: "hidden" }}>
        <Loaded of={customers} isEmpty={(data) => flat(data).length === 0} empty={text ? <Empty title={say("noMatch")} /> : <Empty title={say("none")} text={say("noneText")} />}>
          {(data) => (
            <Wide>
              <Table fz="sm" miw={820} highlightOnHover highlightOnHoverColor="var(--hover)" style={{ verticalAlign: "top" }}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{say("customer")}</Table.Th>
                    <Table.Th>{say("channels")}</Table.Th>
                    <Table.Th ta="right">{say("orders")}</Table.Th>
                    <Table.Th ta="right">{say("total")}</Table.Th>
                    <Table.Th ta="right">{say("outstanding")}</Table.Th>
                    <Table.Th>{say("last")}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {flat(data).map((customer) => (
                    <Row key={customer.id} customer={customer} />
                  ))}
                </Table.Tbody>
              </Table>
            </Wide>
          )}
        </Loaded>
        <MoreButton of={customers} />
      </Paper>
    </Page>
  );
}

function Row({ customer }: { customer: Customer }) {
  const name = useCustomerName();
  const channelName = useChannelName();
  return (
    <Table.Tr data-customer={customer.id}>
      <Table.Td maw={320}>
        <Anchor component={Link} to={`/customers/${customer.id}`} size="sm" fw={560} c="inherit">
          {name(customer)}
        </Anchor>
        <CustomerLines of={customer} />
      </Table.Td>
      <Table.Td>
        <Stack gap={2}>
          {customer.channels.map((kind) => (
            <Group key={kind} gap={6} wrap="nowrap">
              <ChannelMark kind={kind} />
              {channelName(kind)}
            </Group>
          ))}
        </Stack>
      </Table.Td>
      <Table.Td ta="right" style={{ fontVariantNumeric: "tabular-nums" }}>
        {customer.orders}
      </Table.Td>
      <Table.Td ta="right">
        <Stack gap={2} align="flex-end">
          {customer.sums.map((sum) => (
            <Amount key={sum.currency} of={sum.total} />
          ))}
        </Stack>
      </Table.Td>
      <Table.Td ta="right">
        <Stack gap={2} align="flex-end">
          {customer.sums.map((sum) => (
            <Amount key={sum.currency} of={sum.outstanding} quietZero />
          ))}
        </Stack>
      </Table.Td>
      <Table.Td>
        <Moment at={customer.last_at} age />
      </Table.Td>
    </Table.Tr>
  );
}
