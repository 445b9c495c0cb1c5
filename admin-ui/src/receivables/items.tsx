// The items behind a number of the board; what will not come is given up here.
import { Anchor, Button, Table, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { done, flat, paging } from "../api/call";
import { api, http, refresh } from "../api/client";
import { onceKey } from "../api/once";
import type { Bucket, ReceivableItem } from "../api/types_receivables";
import { Amount } from "../parts/amount";
import { MoreButton, ReasonModal } from "../parts/controls";
import { Day } from "../parts/moment";
import { tell } from "../parts/problem";
import { Loaded } from "../parts/section";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { receivableWords } from "./words";

type Props = { debtor: string; currency: string; bucket: Bucket | undefined };

export function Items({ debtor, currency, bucket }: Props) {
  const say = useWords(receivableWords);
  const items = api.useInfiniteQuery("get", "/api/v1/receivables/items", { params: { query: { debtor, currency, ...(bucket && { bucket }), limit: 50 } } }, paging);
  return (
    <Loaded of={items} rows={3} isEmpty={(data) => flat(data).length === 0} empty={<Text size="sm" c="dimmed" py="sm">{say("noItems")}</Text>}>
      {(data) => (
        <>
          <Table fz="sm" verticalSpacing={5}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{say("order")}</Table.Th>
                <Table.Th>{say("due")}</Table.Th>
                <Table.Th>{say("overdue")}</Table.Th>
                <Table.Th ta="right">{say("amount")}</Table.Th>
                <Table.Th />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {flat(data).map((item) => (
                <Table.Tr key={`${item.order_id}/${item.due_on}`}>
                  <Table.Td>
                    {item.order_id ? (
                      <Anchor component={Link} to={`/orders/${item.order_id}`} size="sm" fw={560} c="inherit">
                        {`#${item.order_number}`}
                      </Anchor>
                    ) : (
                      <Text size="sm" c="dimmed">
                        {say("manual")}
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td>
                    <Day of={item.due_on} />
                  </Table.Td>
                  <Table.Td>{say("days", { count: item.days })}</Table.Td>
                  <Table.Td ta="right">
                    <Amount of={item.amount} />
                  </Table.Td>
                  <Table.Td ta="right" w={120}>
                    <WriteOff item={item} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
          <MoreButton of={items} />
        </>
      )}
    </Loaded>
  );
}

function WriteOff({ item }: { item: ReceivableItem }) {
  const say = useWords(receivableWords);
  const may = useRight();
  const [asking, setAsking] = useState(false);
  const [key, setKey] = useState(onceKey);
  const order = item.order_id;
  if (!may("receivables:write_off") || !order || item.amount.amount.startsWith("-")) return null;
  return (
    <>
      <Button size="compact-xs" variant="default" onClick={() => setAsking(true)}>
        {say("writeOff")}
      </Button>
      <ReasonModal
        opened={asking}
        onClose={() => setAsking(false)}
        title={say("writeOffTitle", { number: String(item.order_number) })}
        text={say("writeOffText")}
        label={say("reason")}
        action={say("writeOff")}
        danger
        onGive={async (reason) => {
          await done(http.POST("/api/v1/receivables/orders/{id}/write-off", { params: { path: { id: order }, header: { "Idempotency-Key": key } }, body: { amount: item.amount.amount, reason } }));
          setKey(onceKey());
          await refresh("/api/v1/receivables", "/api/v1/ledger", "/api/v1/orders");
          tell(say("writtenOff"));
        }}
      />
    </>
  );
}
