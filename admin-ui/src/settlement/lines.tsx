// The lines of a statement by their state; what nobody knows is explained here.
import { Anchor, Button, Group, Modal, SegmentedControl, Select, Stack, Table, Text, Textarea, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { done, flat, paging } from "../api/call";
import { api, http } from "../api/client";
import type { Resolution, SettlementLine, SettlementLineState, SettlementStatement } from "../api/types_settlement";
import { Amount } from "../parts/amount";
import { MoreButton, useWork } from "../parts/controls";
import { ProblemAlert } from "../parts/problem";
import { Loaded } from "../parts/section";
import { partWords } from "../parts/words";
import { useWords } from "../words/catalogue";
import type { Go } from "./page";
import { settlementChanged } from "./statements";
import { settlementWords } from "./words";

const states: SettlementLineState[] = ["open", "disputed", "booked", "matched", "told"];
const wordOf = { open: "unexplained", disputed: "disputed", booked: "booked", matched: "matched", told: "told" } as const;
const bookable = ["mkt_commission", "mkt_payment_fee", "mkt_service_fee", "mkt_affiliate", "mkt_shipping", "mkt_other_fee", "mkt_adjustment", "withholding_tax", "suspense"] as const;

export function StatementLines({ statement, state, go }: { statement: SettlementStatement; state: string | undefined; go: Go }) {
  const say = useWords(settlementWords);
  const lines = api.useInfiniteQuery(
    "get",
    "/api/v1/settlement/statements/{id}/lines",
    { params: { path: { id: statement.id }, query: { ...(state && { state }), limit: 50 } } },
    { ...paging, placeholderData: keepPreviousData },
  );
  return (
    <section aria-label={say("lines", { name: statement.reference })}>
      <Select size="xs" w={200} mb="xs" aria-label={say("state")} placeholder={say("anyState")} clearable data={states.map((value) => ({ value, label: say(wordOf[value]) }))} value={state ?? null} onChange={(value) => go({ lines: value })} />
      <Loaded of={lines} rows={4} isEmpty={(data) => flat(data).length === 0} empty={<Text size="sm" c="dimmed">{say("noLines")}</Text>}>
        {(data) => (
          <Table fz="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{say("order")}</Table.Th>
                <Table.Th>{say("kind")}</Table.Th>
                <Table.Th ta="right">{say("amount")}</Table.Th>
                <Table.Th>{say("state")}</Table.Th>
                <Table.Th />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {flat(data).map((line, index) => (
                <Row key={line.id ?? index} line={line} />
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Loaded>
      <MoreButton of={lines} />
    </section>
  );
}

function Row({ line }: { line: SettlementLine }) {
  const say = useWords(settlementWords);
  return (
    <Table.Tr data-line={line.state}>
      <Table.Td>
        {line.order_id ? (
          <Anchor component={Link} to={`/orders/${line.order_id}`} size="sm">
            {`#${line.order_number}`}
          </Anchor>
        ) : (
          <Text size="sm" c="dimmed">
            {line.order_ref ?? "–"}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Text size="sm">{line.kind}</Text>
        <Text size="xs" c="dimmed">
          {line.text}
        </Text>
      </Table.Td>
      <Table.Td ta="right">
        <Amount of={line.amount} />
      </Table.Td>
      <Table.Td>
        <Text size="sm">{say(wordOf[line.state])}</Text>
        <Text size="xs" c="dimmed">
          {[line.id ? line.account : null, line.reason].filter(Boolean).join(" · ")}
        </Text>
      </Table.Td>
      <Table.Td ta="right">{line.actions.length > 0 && <Explain line={line} />}</Table.Td>
    </Table.Tr>
  );
}

function Explain({ line }: { line: SettlementLine }) {
  const say = useWords(settlementWords);
  const part = useWords(partWords);
  const [opened, dialog] = useDisclosure(false);
  const [action, setAction] = useState<Resolution["action"]>(line.actions[0] ?? "match");
  const [order, setOrder] = useState(line.order_ref ?? "");
  const [account, setAccount] = useState<string | null>("mkt_adjustment");
  const [reason, setReason] = useState("");
  const [missing, setMissing] = useState(false);
  const work = useWork();
  const send = () =>
    work.run(async () => {
      setMissing(false);
      const body: Resolution = { action, reason: reason.trim() };
      if (action === "match") {
        const text = order.trim().replace(/^#/, "");
        const found = await done(http.GET("/api/v1/orders", { params: { query: { text, limit: 5 } } }));
        const one = found.data.find(({ number, external_id }) => String(number) === text || external_id === text) ?? (found.data.length === 1 ? found.data[0] : undefined);
        if (!one) return setMissing(true);
        body.order_id = one.id;
      }
      if (action === "book" && account) body.account = account;
      if (line.id) await done(http.POST("/api/v1/settlement/statement-lines/{id}/resolve", { params: { path: { id: line.id } }, body }));
      await settlementChanged();
      dialog.close();
    });
  return (
    <>
      <Button size="compact-xs" variant="default" onClick={dialog.open}>
        {say("explain")}
      </Button>
      <Modal opened={opened} onClose={dialog.close} title={`${say("explain")} · ${line.kind}`} closeButtonProps={{ "aria-label": part("close") }}>
        <Stack gap="sm">
          <SegmentedControl orientation="vertical" fullWidth data={line.actions.map((value) => ({ value, label: say(value) }))} value={action} onChange={(value) => setAction(value as Resolution["action"])} />
          {action === "match" && <TextInput label={say("orderId")} required error={missing && say("noSuchOrder")} value={order} onChange={(event) => setOrder(event.currentTarget.value)} />}
          {action === "book" && <Select label={say("account")} required data={bookable.map((value) => ({ value, label: say(value) }))} value={account} onChange={setAccount} />}
          <Textarea label={say("why")} required autosize minRows={2} maxLength={500} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={dialog.close}>
              {part("cancel")}
            </Button>
            <Button loading={work.busy} disabled={!reason.trim() || (action === "match" && !order.trim()) || (action === "book" && !account)} onClick={() => void send()}>
              {say("explain")}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
