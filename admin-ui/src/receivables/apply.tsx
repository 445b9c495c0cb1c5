// Applies what is on account to the orders that owe, whole or in part, with the discount for paying early where the terms give one.
import { Anchor, Button, Checkbox, Group, Table, Text, TextInput } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { done, flat, paging } from "../api/call";
import { api, http } from "../api/client";
import { onceKey } from "../api/once";
import type { CompanyDetail } from "../api/types_credit";
import type { ReceivableItem } from "../api/types_receivables";
import { Amount } from "../parts/amount";
import { MoreButton, useWork } from "../parts/controls";
import { added, compared, formatNumber, isZero, sum, typedDecimal } from "../parts/decimal";
import { Day } from "../parts/moment";
import { ProblemAlert, tell } from "../parts/problem";
import { Loaded, Panel } from "../parts/section";
import { Wide } from "../parts/wide";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { receivablesChanged, useOnAccount } from "./on_account";
import { receivableWords } from "./words";

/** An order with everything it owes; its earliest day counts. */
export type Owing = { order: string; number: number; due_on: string; amount: string; currency: string };

/** The dues of an order are rows of their own: one application settles the order. What is owed to the buyer is no debt. */
export function owingOrders(items: ReceivableItem[]): Owing[] {
  const owing = new Map<string, Owing>();
  for (const { order_id: order, order_number: number, due_on, amount } of items) {
    if (!order || number === null) continue;
    const known = owing.get(order);
    if (known) known.amount = added(known.amount, amount.amount);
    else owing.set(order, { order, number, due_on, amount: amount.amount, currency: amount.currency });
  }
  return [...owing.values()].filter(({ amount }) => compared(amount, "0") > 0);
}

export function Apply({ company }: { company: CompanyDetail }) {
  const say = useWords(receivableWords);
  const items = api.useInfiniteQuery("get", "/api/v1/receivables/items", { params: { query: { debtor: company.id, limit: 100 } } }, paging);
  return (
    <Panel title={say("owedOrders")} flush>
      <Loaded
        of={items}
        rows={4}
        isEmpty={(data) => owingOrders(flat(data)).length === 0}
        empty={
          <Text size="sm" c="dimmed" p="md">
            {say("nothingOwed")}
          </Text>
        }
      >
        {(data) => <Choose company={company} owing={owingOrders(flat(data))} />}
      </Loaded>
      <MoreButton of={items} />
    </Panel>
  );
}

type Choice = { text: string; early: boolean };

function Choose({ company, owing }: { company: CompanyDetail; owing: Owing[] }) {
  const say = useWords(receivableWords);
  const may = useRight();
  const { i18n } = useLingui();
  const held = useOnAccount(company);
  const [choices, setChoices] = useState<Record<string, Choice>>({});
  const [key, setKey] = useState(onceKey);
  const work = useWork();
  const applies = may("receivables:manage");
  // One application is of one currency: that of the first order chosen.
  const currency = owing.find(({ order }) => choices[order])?.currency ?? held[0]?.currency ?? "";
  const taken = owing.flatMap((one) => {
    const choice = choices[one.order];
    return choice ? [{ ...one, ...choice, wanted: typedDecimal(choice.text, i18n.locale) }] : [];
  });
  // How much less a discount leaves to pay is for the server to say.
  const plain = taken.filter(({ early }) => !early);
  const total = sum(plain.map(({ wanted }) => wanted ?? "0"));
  const there = held.find((money) => money.currency === currency)?.amount ?? "0";
  const tooMuch = compared(total, there) > 0;
  const wrong = taken.length === 0 || taken.some(({ wanted, early }) => !early && (wanted === null || isZero(wanted)));
  const set = (order: string, choice: Choice | null) => setChoices(Object.fromEntries([...Object.entries(choices).filter(([id]) => id !== order), ...(choice ? [[order, choice] as const] : [])]));
  const apply = () =>
    work.run(async () => {
      // Without an amount it is the whole rest, less the discount.
      const orders = taken.map(({ order, wanted, early }) => ({ order_id: order, ...(early ? { discount: true } : { amount: wanted ?? "0" }) }));
      await done(http.POST("/api/v1/receivables/companies/{id}/applications", { params: { path: { id: company.id }, header: { "Idempotency-Key": key } }, body: { currency, orders } }));
      setKey(onceKey());
      setChoices({});
      await receivablesChanged();
      tell(say("applied"));
    });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void apply();
      }}
    >
      <Wide>
        <Table fz="sm" miw={560}>
          <Table.Thead>
            <Table.Tr>
              {applies && <Table.Th w={36} />}
              <Table.Th>{say("order")}</Table.Th>
              <Table.Th>{say("due")}</Table.Th>
              <Table.Th ta="right">{say("amount")}</Table.Th>
              {applies && <Table.Th ta="right">{say("apply")}</Table.Th>}
              {applies && <Table.Th>{say("early")}</Table.Th>}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {owing.map((one) => {
              const choice = choices[one.order];
              const number = String(one.number);
              return (
                <Table.Tr key={one.order} data-owing={number}>
                  {applies && (
                    <Table.Td>
                      <Checkbox
                        size="xs"
                        aria-label={say("applyOrder", { number })}
                        disabled={!choice && one.currency !== currency}
                        checked={choice !== undefined}
                        onChange={(event) => set(one.order, event.currentTarget.checked ? { text: formatNumber(one.amount, i18n.locale), early: false } : null)}
                      />
                    </Table.Td>
                  )}
                  <Table.Td>
                    <Anchor component={Link} to={`/orders/${one.order}`} size="sm" fw={560} c="inherit">
                      {`#${number}`}
                    </Anchor>
                  </Table.Td>
                  <Table.Td>
                    <Day of={one.due_on} />
                  </Table.Td>
                  <Table.Td ta="right">
                    <Amount of={one} />
                  </Table.Td>
                  {applies && (
                    <Table.Td ta="right">
                      {choice && !choice.early && (
                        <TextInput
                          size="xs"
                          w={130}
                          ml="auto"
                          inputMode="decimal"
                          aria-label={say("applyAmount", { number })}
                          error={typedDecimal(choice.text, i18n.locale) === null}
                          styles={{ input: { textAlign: "right" } }}
                          value={choice.text}
                          onChange={(event) => set(one.order, { ...choice, text: event.currentTarget.value })}
                        />
                      )}
                    </Table.Td>
                  )}
                  {applies && (
                    <Table.Td>{choice && <Checkbox size="xs" aria-label={say("applyEarly", { number })} checked={choice.early} onChange={(event) => set(one.order, { ...choice, early: event.currentTarget.checked })} />}</Table.Td>
                  )}
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </Wide>
      {applies && (
        <Group justify="flex-end" gap="md" p="md">
          <ProblemAlert problem={work.problem} />
          {plain.length > 0 && (
            <Text size="sm" component="div" c={tooMuch ? "var(--mantine-color-error)" : undefined}>
              {say(tooMuch ? "tooMuch" : "chosen")} <Amount of={{ amount: total, currency }} strong c={undefined} />
            </Text>
          )}
          <Button type="submit" loading={work.busy} disabled={wrong || tooMuch}>
            {say("apply")}
          </Button>
        </Group>
      )}
    </form>
  );
}
