// Says what an open line is: suggestions and found orders to choose from, the rest booked to an account; nothing unexplained.
import { Button, Checkbox, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { useState } from "react";
import { done } from "../api/call";
import { http } from "../api/client";
import type { BankLineDetail, BankSuggestion } from "../api/types_bank";
import type { Problem } from "../api/types";
import { Amount } from "../parts/amount";
import { useWork } from "../parts/controls";
import { added, formatMoney, isZero, negated, sum } from "../parts/decimal";
import { ProblemAlert } from "../parts/problem";
import { useWords } from "../words/catalogue";
import { bankChanged } from "./line";
import { bankWords } from "./words";

/** Accounts of money that waits; what a found order has there can be chosen. */
const waiting = ["bank_clearing", "bank", "processor_clearing", "cod_carrier", "marketplace_clearing"];
const bookable = ["cod_fee", "mkt_payment_fee", "mkt_other_fee", "mkt_adjustment", "suspense"] as const;

type Choice = Pick<BankSuggestion, "order_id" | "order_number" | "account" | "open" | "amount"> & { why?: string };
const keyOf = ({ order_id, account }: Choice) => `${order_id} ${account}`;

export function MatchForm({ line }: { line: BankLineDetail }) {
  const say = useWords(bankWords);
  const { i18n } = useLingui();
  const work = useWork();
  const [found, setFound] = useState<Choice[]>([]);
  const choices: Choice[] = [...line.suggestions, ...found.filter((one) => !line.suggestions.some((known) => keyOf(known) === keyOf(one)))];
  const certain = line.suggestions.find((one) => one.certain);
  const [chosen, setChosen] = useState<string[]>(certain ? [keyOf(certain)] : []);
  const [account, setAccount] = useState<string | null>(null);
  const [why, setWhy] = useState<string | null>(null);
  const taken = choices.filter((one) => chosen.includes(keyOf(one)));
  const currency = line.amount.currency;
  const rest = added(line.amount.amount, negated(sum(taken.map((one) => one.amount.amount))));
  const reason = why ?? taken.map((one) => one.why).find(Boolean) ?? "";
  const isClosed = (work.problem as Problem | null)?.code === "period_closed";
  if (!line.actions.includes("match")) return <Choices of={choices} chosen={[]} />;
  const match = (later: boolean) =>
    work.run(async () => {
      const parts = taken.map((one) => ({ order_id: one.order_id, account: one.account, amount: one.amount.amount }));
      const bookings = isZero(rest) || !account ? [] : [{ account, amount: rest, ...(taken.length === 1 && taken[0] && { order_id: taken[0].order_id }) }];
      await done(http.POST("/api/v1/bank/lines/{id}/match", { params: { path: { id: line.id } }, body: { parts, bookings, why: reason, ...(later && { book_later: true }) } }));
      await bankChanged();
    });
  return (
    <Stack gap="sm" p="sm" maw={760}>
      <Text size="xs" fw={600}>
        {say("suggestions")}
      </Text>
      <Choices of={choices} chosen={chosen} onChange={setChosen} />
      <FindOrder currency={currency} onFound={(more) => setFound([...found, ...more.filter((one) => !found.some((known) => keyOf(known) === keyOf(one)))])} />
      <Group gap="sm" align="flex-end">
        <Text size="sm" data-rest>
          {isZero(rest) ? say("explained") : `${say("rest")}: ${formatMoney(rest, currency, i18n.locale)}`}
        </Text>
        {!isZero(rest) && (
          <Select size="xs" w={240} label={say("book")} clearable data={bookable.map((value) => ({ value, label: say(value) }))} value={account} onChange={setAccount} />
        )}
      </Group>
      <TextInput size="xs" label={say("why")} required maxLength={500} value={reason} onChange={(event) => setWhy(event.currentTarget.value)} />
      <ProblemAlert problem={work.problem} />
      <Group gap="xs">
        <Button size="xs" loading={work.busy} disabled={!reason.trim() || (!isZero(rest) && !account)} onClick={() => void match(false)}>
          {say("match")}
        </Button>
        {isClosed && (
          <Button size="xs" variant="default" loading={work.busy} onClick={() => void match(true)}>
            {say("matchLater")}
          </Button>
        )}
      </Group>
    </Stack>
  );
}

function Choices({ of, chosen, onChange }: { of: Choice[]; chosen: string[]; onChange?: (chosen: string[]) => void }) {
  const say = useWords(bankWords);
  const { i18n } = useLingui();
  if (of.length === 0) return <Text size="sm" c="dimmed">{say("noSuggestions")}</Text>;
  return (
    <Stack gap={6}>
      {of.map((one) => (
        <Group key={keyOf(one)} gap="sm" wrap="nowrap" align="flex-start">
          <Checkbox
            size="xs"
            disabled={!onChange}
            checked={chosen.includes(keyOf(one))}
            onChange={(event) => onChange?.(event.currentTarget.checked ? [...chosen, keyOf(one)] : chosen.filter((key) => key !== keyOf(one)))}
            label={`#${one.order_number} · ${one.account}`}
            description={[say("waits", { amount: formatMoney(one.open.amount, one.open.currency, i18n.locale) }), one.why].filter(Boolean).join(" · ")}
          />
          <Amount of={one.amount} fz="sm" />
        </Group>
      ))}
    </Stack>
  );
}

/** Finds orders by words and offers the money of theirs that is under way. */
function FindOrder({ currency, onFound }: { currency: string; onFound: (choices: Choice[]) => void }) {
  const say = useWords(bankWords);
  const [text, setText] = useState("");
  const [nothing, setNothing] = useState(false);
  const work = useWork();
  const find = () =>
    work.run(async () => {
      setNothing(false);
      const orders = await done(http.GET("/api/v1/orders", { params: { query: { text, limit: 5 } } }));
      const ledgers = await Promise.all(orders.data.map(async ({ id, number }) => ({ id, number, ledger: await done(http.GET("/api/v1/orders/{id}/ledger", { params: { path: { id } } })) })));
      const choices = ledgers.flatMap(({ id, number, ledger }) =>
        ledger.balances
          .filter(({ role, sub_account, balance }) => waiting.includes(role) && balance.currency === currency && !sub_account?.startsWith("bac_"))
          .map(({ account, balance }) => ({ order_id: id, order_number: number, account, open: balance, amount: balance })),
      );
      setNothing(choices.length === 0);
      onFound(choices);
    });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void find();
      }}
    >
      <Group gap="xs" align="flex-end">
        <TextInput size="xs" w={260} label={say("find")} placeholder={say("findHint")} value={text} onChange={(event) => setText(event.currentTarget.value)} />
        <Button size="xs" type="submit" variant="default" loading={work.busy} disabled={!text.trim()}>
          {say("find")}
        </Button>
        {nothing && (
          <Text size="xs" c="dimmed">
            {say("nothingWaits")}
          </Text>
        )}
      </Group>
      <ProblemAlert problem={work.problem} />
    </form>
  );
}

