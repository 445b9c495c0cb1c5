// Takes a payment: cash with change due, or any other method.
import { Button, Group, Modal, Paper, Select, Stack, Text, TextInput } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { useState } from "react";
import { done } from "../../api/call";
import { http } from "../../api/client";
import type { Money, Order } from "../../api/types";
import type { TenderMethod } from "../../api/types_ledger";
import { Amount } from "../../parts/amount";
import { AmountInput } from "../../parts/amount_input";
import { added, compared, formatMoney, formatNumber, isZero, negated, typedDecimal } from "../../parts/decimal";
import { ProblemAlert, tell } from "../../parts/problem";
import { partWords } from "../../parts/words";
import { useWords } from "../../words/catalogue";
import { moneyWords } from "./money_words";
import { hasPlace, needsCode, WhereField } from "./where";
import { useOrderWrite } from "./write";

const methods: TenderMethod[] = ["cash", "bank", "bank_transfer", "card", "wallet", "points", "paid_voucher", "store_credit", "deposit", "cod"];
/** When it is taken it matters where the money is already. */
const hints = { bank_transfer: "bank_transferHint", bank: "bankHint", cod: "codHint" } as const;
/** Written by other acts, and shown here. */
const others = ["on_account", "early_discount", "write_off"] as const;

export function useMethodName(): (method: string) => string {
  const say = useWords(moneyWords);
  return (method) => {
    const known = [...methods, ...others].find((each) => each === method);
    return known ? say(known) : method;
  };
}

export function TakePayment({ order, onClose }: { order: Order; onClose: () => void }) {
  const say = useWords(moneyWords);
  const part = useWords(partWords);
  const { i18n } = useLingui();
  const owed = compared(order.outstanding.amount, "0") > 0 ? order.outstanding.amount : "0";
  const written = isZero(owed) ? "" : formatNumber(owed, i18n.locale);
  const [method, setMethod] = useState<TenderMethod>("cash");
  const [text, setText] = useState(written);
  const [reference, setReference] = useState("");
  const [account, setAccount] = useState("");
  const [change, setChange] = useState<Money | null>(null);
  const work = useOrderWrite(order);
  const amount = typedDecimal(text, i18n.locale);
  const rest = amount === null ? "0" : added(amount, negated(owed));
  const more = compared(rest, "0") > 0;
  // Change is given on what is owed; when nothing is, the money is a deposit.
  const handed = method === "cash" && !isZero(owed);
  const choose = (next: TenderMethod) => {
    setMethod(next);
    setAccount("");
  };
  const money = (value: string) => formatMoney(value, order.currency, i18n.locale);
  const take = () =>
    work.run(async () => {
      if (amount === null) return;
      const body = {
        method,
        ...(handed ? { given: amount } : { amount }),
        ...(reference.trim() && { reference: reference.trim() }),
        ...(hasPlace(method) && account.trim() && { account: account.trim() }),
      };
      await work.write(async (header) => {
        const answer = await done(http.POST("/api/v1/orders/{id}/tenders", { params: { path: { id: order.id }, header }, body }));
        if (isZero(answer.change_due.amount)) {
          tell(say("taken"));
          onClose();
        } else setChange(answer.change_due);
      });
    });
  return (
    <Modal opened onClose={onClose} title={say("takeTitle", { number: String(order.number) })} closeButtonProps={{ "aria-label": part("close") }}>
      {change ? (
        <Stack gap="md" align="center" py="md">
          <Text size="sm" c="dimmed">
            {say("change")}
          </Text>
          <Amount of={change} strong fz={34} />
          <Button onClick={onClose} data-autofocus>
            {say("done")}
          </Button>
        </Stack>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void take();
          }}
        >
          <Stack gap="sm">
            <Group justify="space-between">
              <Text size="sm">{say("owed")}</Text>
              <Amount of={{ amount: owed, currency: order.currency }} strong />
            </Group>
            <Select label={say("method")} allowDeselect={false} data={methods.map((value) => ({ value, label: say(value in hints ? hints[value as keyof typeof hints] : value) }))} value={method} onChange={(value) => choose((value ?? "cash") as TenderMethod)} />
            <AmountInput label={say(handed ? "given" : "amount")} currency={order.currency} required autoFocus value={text} onChange={setText} />
            {more && handed && (
              <Paper p="sm" bg="var(--chosen)">
                <Group justify="space-between">
                  <Text size="sm">{say("change")}</Text>
                  <Amount of={{ amount: rest, currency: order.currency }} strong fz="lg" />
                </Group>
              </Paper>
            )}
            {more && !handed && (
              <Text size="xs" c="dimmed">
                {say("moreThanOwed", { amount: money(rest) })}
              </Text>
            )}
            <Group grow align="flex-start">
              <WhereField method={method} value={account} onChange={setAccount} />
              {method !== "cash" && !needsCode(method) && <TextInput label={say("reference")} maxLength={120} value={reference} onChange={(event) => setReference(event.currentTarget.value)} />}
            </Group>
            <ProblemAlert problem={work.problem} />
            <Group justify="flex-end" gap="xs">
              <Button variant="default" onClick={onClose}>
                {part("cancel")}
              </Button>
              <Button type="submit" loading={work.busy} disabled={amount === null || isZero(amount) || (needsCode(method) && !account.trim())}>
                {say("take")}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
