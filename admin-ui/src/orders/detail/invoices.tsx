// The tax invoices of an order, and the way to issue one.
import { Button, Text } from "@mantine/core";
import { done } from "../../api/call";
import { api, http } from "../../api/client";
import type { Order } from "../../api/types";
import { invoicesChanged } from "../../invoices/acts";
import { InvoiceTable } from "../../invoices/table";
import { WaitingOfOrder } from "../../invoices/waiting";
import { invoiceWords } from "../../invoices/words";
import { Sure } from "../../parts/controls";
import { tell } from "../../parts/problem";
import { Loaded, Panel } from "../../parts/section";
import { useRight } from "../../session/session";
import { useWords } from "../../words/catalogue";

export function OrderInvoices({ order }: { order: Order }) {
  const may = useRight();
  return may("finance:read") ? <Documents order={order} /> : null;
}

function Documents({ order }: { order: Order }) {
  const say = useWords(invoiceWords);
  const may = useRight();
  const invoices = api.useQuery("get", "/api/v1/orders/{id}/invoices", { params: { path: { id: order.id } } });
  return (
    <Panel
      title={say("ofThisOrder")}
      flush
      aside={
        may("invoices:issue") && (
          <Sure
            title={say("issueTitle", { number: String(order.number) })}
            text={say("issueText")}
            action={say("issue")}
            onSure={async () => {
              const made = await done(http.POST("/api/v1/invoices", { body: { order_ids: [order.id] } }));
              await invoicesChanged();
              tell(say("issued", { number: made.number }));
            }}
          >
            {(ask) => (
              <Button size="compact-xs" variant="default" onClick={ask}>
                {say("issue")}
              </Button>
            )}
          </Sure>
        )
      }
    >
      <WaitingOfOrder order={order.id} />
      <Loaded
        of={invoices}
        rows={2}
        isEmpty={({ data }) => data.length === 0}
        empty={
          <Text size="sm" c="dimmed" p="md">
            {say("noneOfOrder")}
          </Text>
        }
      >
        {({ data }) => <InvoiceTable rows={data} brief />}
      </Loaded>
    </Panel>
  );
}
