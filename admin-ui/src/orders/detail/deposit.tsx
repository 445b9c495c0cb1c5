// The deposit of an order: what is asked for, what came, and what became of it.
import { Button, Group, Modal, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useLingui } from "@lingui/react";
import { useState } from "react";
import { done } from "../../api/call";
import { api, http, refresh } from "../../api/client";
import type { Money, Order } from "../../api/types";
import type { OrderDeposit } from "../../api/types_sales";
import { Amount } from "../../parts/amount";
import { AmountInput } from "../../parts/amount_input";
import { formatNumber, isZero, typedDecimal } from "../../parts/decimal";
import { formatDay } from "../../parts/moment";
import { ProblemAlert, tell } from "../../parts/problem";
import { Loaded, Panel } from "../../parts/section";
import { partWords } from "../../parts/words";
import { useRight } from "../../session/session";
import { useWords } from "../../words/catalogue";
import { depositWords } from "./deposit_words";
import { useOrderWrite } from "./write";

export function DepositPanel({ order }: { order: Order }) {
  const say = useWords(depositWords);
  const may = useRight()("finance:post");
  const [asking, ask] = useDisclosure(false);
  const [keeping, keep] = useDisclosure(false);
  const deposit = api.useQuery("get", "/api/v1/orders/{id}/deposit", { params: { path: { id: order.id } } });
  if (order.segment !== "b2b") return null;
  const off = order.delivery_track === "cancelled";
  return (
    <Panel
      title={say("title")}
      aside={
        may &&
        !off && (
          <Button size="compact-xs" variant="default" onClick={ask.open}>
            {say(deposit.data?.terms ? "change" : "ask")}
          </Button>
        )
      }
    >
      <Loaded of={deposit} rows={3}>
        {(data) => (
          <Stack gap={7}>
            <Terms of={data} />
            <Step label={say("asked")} of={data.asked} />
            <Step label={say("received")} of={data.received} />
            {!isZero(data.missing.amount) && <Step label={say("missing")} of={data.missing} strong />}
            {!isZero(data.applied.amount) && <Step label={say("applied")} of={data.applied} />}
            {!isZero(data.refunded.amount) && <Step label={say("refunded")} of={data.refunded} />}
            {!isZero(data.forfeited.amount) && <Step label={say("forfeited")} of={data.forfeited} />}
            <Step label={say("left")} of={data.left} strong />
            {may && off && !isZero(data.left.amount) && (
              <Button size="xs" variant="default" onClick={keep.open}>
                {say("keep")}
              </Button>
            )}
            {keeping && <Keep order={order} left={data.left} onClose={keep.close} />}
          </Stack>
        )}
      </Loaded>
      {asking && <Ask order={order} known={deposit.data} onClose={ask.close} />}
    </Panel>
  );
}

function Terms({ of }: { of: OrderDeposit }) {
  const say = useWords(depositWords);
  const { i18n } = useLingui();
  if (!of.terms) return null;
  const share = of.terms.percent && say("percentOf", { percent: formatNumber(of.terms.percent, i18n.locale) });
  const due = of.terms.due_on ? say("by", { day: formatDay(of.terms.due_on, i18n.locale) }) : say("beforeConfirm");
  return (
    <Text size="xs" c="dimmed">
      {[share, due].filter(Boolean).join(", ")}
    </Text>
  );
}

function Step({ label, of, strong = false }: { label: string; of: Money; strong?: boolean }) {
  return (
    <Group justify="space-between" wrap="nowrap" gap="sm" align="baseline">
      <Text size="sm" fw={strong ? 600 : undefined}>
        {label}
      </Text>
      <Amount of={of} strong={strong} quietZero fz="sm" />
    </Group>
  );
}

function Ask({ order, known, onClose }: { order: Order; known: OrderDeposit | undefined; onClose: () => void }) {
  const say = useWords(depositWords);
  const part = useWords(partWords);
  const [percent, setPercent] = useState(known?.terms?.percent ?? "30");
  const [due, setDue] = useState(known?.terms?.due_on ?? "");
  const work = useOrderWrite(order);
  const save = () =>
    work.run(async () => {
      await work.write((header) => done(http.PUT("/api/v1/orders/{id}/deposit", { params: { path: { id: order.id }, header }, body: { percent: percent.trim(), due_on: due || null } })));
      await refresh("/api/v1/orders/{id}/deposit");
      tell(say("saved"));
      onClose();
    });
  return (
    <Modal opened onClose={onClose} title={say("ask")} closeButtonProps={{ "aria-label": part("close") }}>
      <Stack gap="sm">
        <TextInput label={say("percent")} required inputMode="decimal" maxLength={8} value={percent} onChange={(event) => setPercent(event.currentTarget.value)} />
        <TextInput type="date" label={say("dueOn")} description={say("dueHint")} inputWrapperOrder={["label", "input", "description", "error"]} value={due} onChange={(event) => setDue(event.currentTarget.value)} />
        <ProblemAlert problem={work.problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {part("cancel")}
          </Button>
          <Button loading={work.busy} disabled={!percent.trim()} onClick={() => void save()}>
            {part("save")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function Keep({ order, left, onClose }: { order: Order; left: Money; onClose: () => void }) {
  const say = useWords(depositWords);
  const part = useWords(partWords);
  const { i18n } = useLingui();
  const [text, setText] = useState(formatNumber(left.amount, i18n.locale));
  const [reason, setReason] = useState("");
  const work = useOrderWrite(order);
  const amount = typedDecimal(text, i18n.locale);
  const save = () =>
    work.run(async () => {
      if (amount === null) return;
      await work.write((header) => done(http.POST("/api/v1/orders/{id}/deposit/forfeit", { params: { path: { id: order.id }, header }, body: { amount, reason: reason.trim() } })));
      await refresh("/api/v1/orders/{id}/deposit");
      tell(say("saved"));
      onClose();
    });
  return (
    <Modal opened onClose={onClose} title={say("keepTitle", { number: String(order.number) })} closeButtonProps={{ "aria-label": part("close") }}>
      <Stack gap="sm">
        <AmountInput label={say("amount")} currency={left.currency} required value={text} onChange={setText} />
        <Textarea label={say("why")} required autosize minRows={2} maxLength={500} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
        <ProblemAlert problem={work.problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {part("cancel")}
          </Button>
          <Button loading={work.busy} disabled={amount === null || !reason.trim()} onClick={() => void save()}>
            {say("keep")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
