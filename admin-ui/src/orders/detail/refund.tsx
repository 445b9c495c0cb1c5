// Gives money back, with a reason.
import { Button, Group, Modal, Select, Stack, Text, Textarea } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { useState } from "react";
import { done } from "../../api/call";
import { api, http } from "../../api/client";
import type { Order } from "../../api/types";
import type { TenderMethod } from "../../api/types_ledger";
import { Amount } from "../../parts/amount";
import { AmountInput } from "../../parts/amount_input";
import { added, compared, formatMoney, formatNumber, isZero, negated, sum, typedDecimal } from "../../parts/decimal";
import { ProblemAlert, tell } from "../../parts/problem";
import { partWords } from "../../parts/words";
import { useRight } from "../../session/session";
import { useWords } from "../../words/catalogue";
import { moneyWords } from "./money_words";
import { needsCode, WhereField } from "./where";
import { useOrderWrite } from "./write";

const methods = ["cash", "bank", "card", "wallet", "store_credit"] as const satisfies readonly TenderMethod[];

export function GiveRefund({ order, onClose }: { order: Order; onClose: () => void }) {
  const say = useWords(moneyWords);
  const part = useWords(partWords);
  const { i18n } = useLingui();
  const may = useRight();
  const ledger = api.useQuery("get", "/api/v1/orders/{id}/ledger", { params: { path: { id: order.id } } }, { enabled: may("finance:read") });
  // What came back went to vouchers and points by itself; the rest is owed in money.
  const owed = ledger.data && sum(ledger.data.balances.filter(({ role, balance }) => role === "refund_payable" && balance.currency === order.currency).map(({ balance }) => negated(balance.amount)));
  const [typed, setText] = useState<string | null>(null);
  const text = typed ?? (owed && compared(owed, "0") > 0 ? formatNumber(owed, i18n.locale) : "");
  const [method, setMethod] = useState("");
  const [account, setAccount] = useState("");
  const [reason, setReason] = useState("");
  const work = useOrderWrite(order);
  const amount = typedDecimal(text, i18n.locale);
  const above = owed && amount && !isZero(owed) ? added(amount, negated(owed)) : "0";
  const choose = (next: string) => {
    setMethod(next);
    setAccount("");
  };
  const give = () =>
    work.run(async () => {
      if (amount === null) return;
      await work.write((header) => done(http.POST("/api/v1/orders/{id}/refunds", { params: { path: { id: order.id }, header }, body: { amount, ...(method && { method }), ...(account.trim() && { account: account.trim() }), reason: reason.trim() } })));
      tell(say("refunded"));
      onClose();
    });
  return (
    <Modal opened onClose={onClose} title={say("refundTitle", { number: String(order.number) })} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void give();
        }}
      >
        <Stack gap="sm">
          <Group justify="space-between">
            <Text size="sm">{say("paidIn")}</Text>
            <Amount of={order.tendered} strong />
          </Group>
          {!isZero(order.refunded.amount) && (
            <Group justify="space-between">
              <Text size="sm">{say("refund")}</Text>
              <Amount of={{ ...order.refunded, amount: negated(order.refunded.amount) }} c={undefined} />
            </Group>
          )}
          {owed && !isZero(owed) && (
            <Group justify="space-between">
              <Text size="sm">{say("owedBack")}</Text>
              <Amount of={{ amount: owed, currency: order.currency }} strong />
            </Group>
          )}
          <AmountInput label={say("amount")} currency={order.currency} required autoFocus value={text} onChange={setText} />
          {compared(above, "0") > 0 && (
            <Text size="xs" c="dimmed">
              {say("moreThanOwedBack", { amount: formatMoney(above, order.currency, i18n.locale) })}
            </Text>
          )}
          <Select label={say("method")} allowDeselect={false} data={[{ value: "", label: say("asPaid") }, ...methods.map((value) => ({ value, label: say(value) }))]} value={method} onChange={(value) => choose(value ?? "")} />
          <WhereField method={method} value={account} onChange={setAccount} />
          <Textarea label={say("why")} placeholder={say("whyRefund")} required autosize minRows={2} maxLength={500} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy} disabled={amount === null || isZero(amount) || (needsCode(method) && !account.trim()) || !reason.trim()}>
              {say("refund")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
