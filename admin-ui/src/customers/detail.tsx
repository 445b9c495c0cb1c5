// One customer: what they bought where, their orders, and by what they are known.
import { Anchor, Box, Button, Grid, Group, Stack, Table, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { done } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { Problem } from "../api/types";
import type { CustomerDetail, CustomerIdentity } from "../api/types_products";
import { ChannelName } from "../orders/channels";
import { Back } from "../parts/back";
import { Amount } from "../parts/amount";
import { ReasonModal } from "../parts/controls";
import { Moment } from "../parts/moment";
import { tell } from "../parts/problem";
import { Empty, Loaded, Page, Panel } from "../parts/section";
import { TrackBadge } from "../parts/track_badge";
import { Wide } from "../parts/wide";
import { useActorName } from "../people/actor";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { MergeModal } from "./merge";
import { CustomerLines, useCustomerName } from "./name";
import { customerWords } from "./words";

export function CustomerPage() {
  const say = useWords(customerWords);
  const { id } = useParams({ strict: false });
  const customer = api.useQuery("get", "/api/v1/customers/{id}", { params: { path: { id: id ?? "" } } });
  const gone = (customer.error as Problem | null)?.status === 404;
  return (
    <Box>
      <Back to="/customers">{say("title")}</Back>
      {gone ? <Empty whole title={say("gone")} /> : <Loaded of={customer} rows={10}>{(data) => <Whole customer={data} />}</Loaded>}
    </Box>
  );
}

function Whole({ customer }: { customer: CustomerDetail }) {
  const say = useWords(customerWords);
  const name = useCustomerName();
  const may = useRight();
  const [merging, merge] = useDisclosure(false);
  return (
    <Page
      title={name(customer)}
      aside={
        customer.actions.includes("merge") && (
          <Button variant="default" onClick={merge.open}>
            {say("merge")}
          </Button>
        )
      }
    >
      <CustomerLines of={customer} />
      <Grid gap="md" mt="sm">
        <Grid.Col span={{ base: 12, lg: 8 }}>
          <Stack gap="md">
            <ByAccount customer={customer} />
            {may("orders:read") && <NewestOrders customer={customer} />}
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 4 }}>
          <Stack gap="md">
            <Sums customer={customer} />
            <KnownBy customer={customer} />
          </Stack>
        </Grid.Col>
      </Grid>
      {merging && <MergeModal customer={customer} onClose={merge.close} />}
    </Page>
  );
}

function Sums({ customer }: { customer: CustomerDetail }) {
  const say = useWords(customerWords);
  return (
    <Panel title={say("total")}>
      <Stack gap={6}>
        {customer.sums.map((sum) => (
          <Group key={sum.currency} justify="space-between">
            <Text size="sm" c="dimmed">
              {say("orderCount", { count: sum.orders })}
            </Text>
            <Amount of={sum.total} strong />
          </Group>
        ))}
        {customer.sums.map((sum) => (
          <Group key={sum.currency} justify="space-between">
            <Text size="sm" c="dimmed">
              {say("outstanding")}
            </Text>
            <Amount of={sum.outstanding} quietZero />
          </Group>
        ))}
        <Group justify="space-between">
          <Text size="sm" c="dimmed">
            {say("first")}
          </Text>
          <Moment at={customer.first_at} />
        </Group>
        <Group justify="space-between">
          <Text size="sm" c="dimmed">
            {say("last")}
          </Text>
          <Moment at={customer.last_at} />
        </Group>
      </Stack>
    </Panel>
  );
}

function ByAccount({ customer }: { customer: CustomerDetail }) {
  const say = useWords(customerWords);
  return (
    <Panel title={say("byAccount")} flush>
      <Wide>
        <Table fz="sm" miw={620}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{say("account")}</Table.Th>
              <Table.Th ta="right">{say("orders")}</Table.Th>
              <Table.Th ta="right">{say("total")}</Table.Th>
              <Table.Th ta="right">{say("outstanding")}</Table.Th>
              <Table.Th>{say("last")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {customer.accounts.map((account) => (
              <Table.Tr key={`${account.channel_account_id} ${account.total.currency}`}>
                <Table.Td>
                  <ChannelName kind={account.channel_kind} account={account.name} />
                </Table.Td>
                <Table.Td ta="right">{account.orders}</Table.Td>
                <Table.Td ta="right">
                  <Amount of={account.total} />
                </Table.Td>
                <Table.Td ta="right">
                  <Amount of={account.outstanding} quietZero />
                </Table.Td>
                <Table.Td>
                  <Moment at={account.last_at} age />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Wide>
    </Panel>
  );
}

function NewestOrders({ customer }: { customer: CustomerDetail }) {
  const say = useWords(customerWords);
  const orders = api.useQuery("get", "/api/v1/orders", { params: { query: { customer: customer.id, limit: 20 } } });
  return (
    <Panel
      title={say("newest")}
      flush
      aside={
        <Anchor component={Link} to={`/orders?customer=${customer.id}`} size="xs">
          {say("allOrders")}
        </Anchor>
      }
    >
      <Loaded of={orders} isEmpty={({ data }) => data.length === 0} empty={<Empty title={say("noOrders")} />}>
        {({ data }) => (
          <Wide>
            <Table fz="sm" miw={680} highlightOnHover highlightOnHoverColor="var(--hover)">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{say("order")}</Table.Th>
                  <Table.Th>{say("account")}</Table.Th>
                  <Table.Th>{say("placed")}</Table.Th>
                  <Table.Th ta="right">{say("total")}</Table.Th>
                  <Table.Th>{say("state")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {data.map((order) => (
                  <Table.Tr key={order.id}>
                    <Table.Td>
                      <Anchor component={Link} to={`/orders/${order.id}`} size="sm" fw={600} c="inherit">
                        {`#${order.number}`}
                      </Anchor>
                    </Table.Td>
                    <Table.Td>
                      <ChannelName kind={order.channel_kind} account={order.channel_account.name} />
                    </Table.Td>
                    <Table.Td>
                      <Moment at={order.placed_at} />
                    </Table.Td>
                    <Table.Td ta="right">
                      <Amount of={order.total} />
                    </Table.Td>
                    <Table.Td>
                      <Group gap={6}>
                        <TrackBadge track="payment" state={order.payment_track} />
                        <TrackBadge track="delivery" state={order.delivery_track} />
                      </Group>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Wide>
        )}
      </Loaded>
    </Panel>
  );
}

function KnownBy({ customer }: { customer: CustomerDetail }) {
  const say = useWords(customerWords);
  const navigate = useNavigate();
  const [splitting, split] = useState<CustomerIdentity | null>(null);
  const takeOut = async (identity: CustomerIdentity, reason: string) => {
    const left = await done(http.POST("/api/v1/customers/{id}/split", { params: { path: { id: customer.id } }, body: { identity_id: identity.id, reason } }));
    await refresh("/api/v1/customers");
    tell(say("wasSplit"));
    void navigate({ to: "/customers/$id", params: { id: left.id } });
  };
  return (
    <Panel title={say("knownBy")}>
      <Stack gap="sm">
        {customer.identities.map((identity) => (
          <Identity key={identity.id} identity={identity} onSplit={customer.actions.includes("split") ? () => split(identity) : null} />
        ))}
      </Stack>
      {splitting && (
        <ReasonModal opened onClose={() => split(null)} title={say("splitTitle")} text={say("splitText")} label={say("reason")} action={say("split")} onGive={(reason) => takeOut(splitting, reason)} />
      )}
    </Panel>
  );
}

function Identity({ identity, onSplit }: { identity: CustomerIdentity; onSplit: (() => void) | null }) {
  const say = useWords(customerWords);
  const actorName = useActorName();
  const by = identity.kind === "buyer" ? say("buyer", { account: identity.channel_account_name }) : say(identity.kind);
  const shown = identity.kind === "phone" ? identity.phone : identity.kind === "email" ? identity.email : identity.name;
  return (
    <Group justify="space-between" align="flex-start" wrap="nowrap" data-identity={identity.id}>
      <Box style={{ minWidth: 0 }}>
        <Text size="sm" style={{ overflowWrap: "anywhere" }}>
          {shown ?? say("unnamed")}
        </Text>
        <Text size="xs" c="dimmed">
          {`${by} · ${say("orderCount", { count: identity.orders })}`}
        </Text>
        {identity.linked_by && (
          <Text size="xs" c="dimmed">
            {say("mergedBy", { by: actorName(identity.linked_by), reason: identity.reason ?? "" })}
          </Text>
        )}
      </Box>
      {onSplit && (
        <Anchor component="button" type="button" size="xs" onClick={onSplit}>
          {say("split")}
        </Anchor>
      )}
    </Group>
  );
}
