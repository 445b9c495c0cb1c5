// Editing an order: quantities, prices, lines in and out, a discount on all. What it does to the money stands beside the
// form while one types; the server computes it by doing it and letting it go.
import { ActionIcon, Alert, Box, Button, Grid, Group, Modal, Stack, Table, Text, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useLingui } from "@lingui/react";
import { IconArrowBackUp, IconPlus, IconTrash } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { done } from "../../api/call";
import { http, versionTag } from "../../api/client";
import type { Order, OrderLine } from "../../api/types";
import type { ChangeEffect, ChangeSet, OrderSums } from "../../api/types_ledger";
import { Amount } from "../../parts/amount";
import { AmountInput } from "../../parts/amount_input";
import { compared, formatNumber, isZero, trimmed, typedDecimal } from "../../parts/decimal";
import { ProblemAlert, tell } from "../../parts/problem";
import { TrackBadge } from "../../parts/track_badge";
import { partWords } from "../../parts/words";
import { useWords } from "../../words/catalogue";
import { changeWords } from "./change_words";
import { useOrderWrite } from "./write";

type Typed = { quantity: string; price: string; out: boolean };
type Added = { key: number; name: string; quantity: string; price: string };

/** What was typed as a change set; null while something cannot be read; without anything to change it is empty. */
function changeSet(order: Order, typed: Record<string, Typed>, added: Added[], discount: string, locale: string): Omit<ChangeSet, "reason"> | null {
  const lines: NonNullable<ChangeSet["lines"]> = [];
  const remove: string[] = [];
  for (const line of order.lines) {
    const now = typed[line.external_id];
    if (!now) continue;
    if (now.out) {
      remove.push(line.external_id);
      continue;
    }
    const [quantity, price] = [typedDecimal(now.quantity, locale), typedDecimal(now.price, locale)];
    if (quantity === null || price === null) return null;
    const change = { ...(compared(quantity, line.quantity) !== 0 && { quantity }), ...(compared(price, line.unit_price.amount) !== 0 && { unit_price: price }) };
    if (Object.keys(change).length > 0) lines.push({ line_id: line.external_id, ...change });
  }
  const add: NonNullable<ChangeSet["add"]> = [];
  for (const { name, quantity, price } of added) {
    const [units, unit_price] = [typedDecimal(quantity, locale), typedDecimal(price, locale)];
    if (units === null || unit_price === null || !name.trim()) return null;
    add.push({ name: name.trim(), quantity: units, unit_price });
  }
  const off = discount.trim() === "" ? "0" : typedDecimal(discount, locale);
  if (off === null) return null;
  return {
    ...(lines.length > 0 && { lines }),
    ...(remove.length > 0 && { remove }),
    ...(add.length > 0 && { add }),
    ...(!isZero(off) && { discount: { kind: "price_override" as const, funded_by: "tenant" as const, amount: off } }),
  };
}

export function ChangeOrder({ order, onClose }: { order: Order; onClose: () => void }) {
  const say = useWords(changeWords);
  const part = useWords(partWords);
  const { i18n } = useLingui();
  const [typed, setTyped] = useState<Record<string, Typed>>(() =>
    Object.fromEntries(order.lines.map((line) => [line.external_id, { quantity: formatNumber(trimmed(line.quantity), i18n.locale), price: formatNumber(trimmed(line.unit_price.amount), i18n.locale), out: false }])),
  );
  const [added, setAdded] = useState<Added[]>([]);
  const [discount, setDiscount] = useState("");
  const [reason, setReason] = useState("");
  const work = useOrderWrite(order);
  const set = changeSet(order, typed, added, discount, i18n.locale);
  const empty = set !== null && Object.keys(set).length === 0;
  const seen = useEffectOf(order, empty ? null : set);
  const save = () =>
    work.run(async () => {
      if (!set) return;
      await work.write((header) => done(http.POST("/api/v1/orders/{id}/changes", { params: { path: { id: order.id }, header }, body: { ...set, reason: reason.trim() } })));
      tell(say("changed"));
      onClose();
    });
  const change = (line: OrderLine, part: Partial<Typed>) => setTyped((now) => ({ ...now, [line.external_id]: { ...(now[line.external_id] ?? { quantity: "", price: "", out: false }), ...part } }));
  const changeNew = (key: number, part: Partial<Added>) => setAdded(added.map((line) => (line.key === key ? { ...line, ...part } : line)));
  return (
    <Modal opened onClose={onClose} size={940} title={say("changeTitle", { number: String(order.number) })} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Grid gap="lg">
          <Grid.Col span={{ base: 12, md: 7 }}>
            <Stack gap="sm">
              <Table fz="sm" verticalSpacing={4} horizontalSpacing={6} withRowBorders={false}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{say("line")}</Table.Th>
                    <Table.Th w={86} ta="right">
                      {say("quantity")}
                    </Table.Th>
                    <Table.Th w={130} ta="right">
                      {say("price")}
                    </Table.Th>
                    <Table.Th w={36} />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {order.lines.map((line) => {
                    const now = typed[line.external_id];
                    const name = line.name ?? line.sku ?? line.external_id;
                    if (!now) return null;
                    return (
                      <Table.Tr key={line.external_id} opacity={now.out ? 0.5 : 1}>
                        <Table.Td>
                          <Text size="sm" lineClamp={2} td={now.out ? "line-through" : undefined}>
                            {name}
                          </Text>
                        </Table.Td>
                        <Table.Td>
                          <NumberText label={say("quantityOf", { name })} value={now.quantity} disabled={now.out} onChange={(quantity) => change(line, { quantity })} />
                        </Table.Td>
                        <Table.Td>
                          <NumberText label={say("priceOf", { name })} value={now.price} disabled={now.out} onChange={(price) => change(line, { price })} />
                        </Table.Td>
                        <Table.Td>
                          <ActionIcon variant="subtle" color="gray" aria-label={say(now.out ? "keep" : "takeOut", { name })} onClick={() => change(line, { out: !now.out })}>
                            {now.out ? <IconArrowBackUp size={16} /> : <IconTrash size={16} />}
                          </ActionIcon>
                        </Table.Td>
                      </Table.Tr>
                    );
                  })}
                  {added.map((line, index) => {
                    const name = line.name.trim() || say("newLine", { number: String(index + 1) });
                    return (
                      <Table.Tr key={line.key}>
                        <Table.Td>
                          <TextInput size="xs" aria-label={say("newName")} placeholder={say("newName")} autoFocus maxLength={200} value={line.name} onChange={(event) => changeNew(line.key, { name: event.currentTarget.value })} />
                        </Table.Td>
                        <Table.Td>
                          <NumberText label={say("quantityOf", { name })} value={line.quantity} onChange={(quantity) => changeNew(line.key, { quantity })} />
                        </Table.Td>
                        <Table.Td>
                          <NumberText label={say("priceOf", { name })} value={line.price} onChange={(price) => changeNew(line.key, { price })} />
                        </Table.Td>
                        <Table.Td>
                          <ActionIcon variant="subtle" color="gray" aria-label={say("drop", { number: String(index + 1) })} onClick={() => setAdded(added.filter(({ key }) => key !== line.key))}>
                            <IconTrash size={16} />
                          </ActionIcon>
                        </Table.Td>
                      </Table.Tr>
                    );
                  })}
                </Table.Tbody>
              </Table>
              <Box>
                <Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} />} onClick={() => setAdded([...added, { key: Date.now(), name: "", quantity: "1", price: "" }])}>
                  {say("addLine")}
                </Button>
              </Box>
              <AmountInput label={say("discount")} description={say("discountHint")} currency={order.currency} value={discount} onChange={setDiscount} />
              <Textarea label={say("why")} placeholder={say("whyChange")} required autosize minRows={2} maxLength={500} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
            </Stack>
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 5 }}>
            <Stack gap="xs" component="section" aria-label={say("effect")} aria-live="polite">
              <Text size="sm" fw={600}>
                {say("effect")}
              </Text>
              {empty && (
                <Text size="sm" c="dimmed">
                  {say("nothingYet")}
                </Text>
              )}
              {!empty && seen.problem !== null && <ProblemAlert problem={seen.problem} />}
              {!empty && seen.effect && <Effect of={seen.effect} stale={seen.waiting} />}
            </Stack>
          </Grid.Col>
        </Grid>
        <Stack gap="sm" mt="md">
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy} disabled={set === null || empty || !reason.trim() || seen.problem !== null}>
              {say("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function NumberText({ label, value, disabled = false, onChange }: { label: string; value: string; disabled?: boolean; onChange: (text: string) => void }) {
  const { i18n } = useLingui();
  return (
    <TextInput
      size="xs"
      aria-label={label}
      inputMode="decimal"
      autoComplete="off"
      value={value}
      disabled={disabled}
      error={typedDecimal(value, i18n.locale) === null}
      styles={{ input: { textAlign: "right", fontVariantNumeric: "tabular-nums" } }}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

/** Asks what a change set would do, a moment after the typing stops; an answer to older typing is dropped. */
function useEffectOf(order: Order, set: Omit<ChangeSet, "reason"> | null) {
  const text = set === null ? "" : JSON.stringify(set);
  const [settled] = useDebouncedValue(text, 350);
  const [effect, setEffect] = useState<ChangeEffect | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const { id, version } = order;
  useEffect(() => {
    if (settled === "") {
      setProblem(null);
      return;
    }
    let current = true;
    const body = { ...(JSON.parse(settled) as Omit<ChangeSet, "reason">), reason: "preview" };
    done(http.POST("/api/v1/orders/{id}/changes/preview", { params: { path: { id }, header: { "If-Match": versionTag(version) } }, body })).then(
      (answer) => {
        if (!current) return;
        setEffect(answer as ChangeEffect);
        setProblem(null);
      },
      (refused: unknown) => {
        if (!current) return;
        setEffect(null);
        setProblem(refused);
      },
    );
    return () => {
      current = false;
    };
  }, [settled, id, version]);
  return { effect, problem: settled === text ? problem : null, waiting: settled !== text };
}

const rows = ["total", "discount", "tax", "outstanding"] as const satisfies readonly (keyof OrderSums)[];

function Effect({ of, stale }: { of: ChangeEffect; stale: boolean }) {
  const say = useWords(changeWords);
  return (
    <Stack gap="sm" opacity={stale ? 0.6 : 1}>
      <Table fz="sm" verticalSpacing={4} horizontalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th />
            <Table.Th ta="right">{say("before")}</Table.Th>
            <Table.Th ta="right">{say("after")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={row}>
              <Table.Td>{say(row === "discount" ? "discounts" : row)}</Table.Td>
              <Table.Td ta="right">
                <Amount of={of.before[row]} />
              </Table.Td>
              <Table.Td ta="right">
                <Amount of={of.after[row]} strong={of.before[row].amount !== of.after[row].amount} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {of.before.payment_track !== of.after.payment_track && (
        <Group gap="xs">
          <TrackBadge track="payment" state={of.before.payment_track} />
          <Text size="sm" c="dimmed">
            →
          </Text>
          <TrackBadge track="payment" state={of.after.payment_track} />
        </Group>
      )}
      {of.postings.length === 0 ? (
        <Alert variant="light" color="gray" p="xs">
          {say("notPosted")}
        </Alert>
      ) : (
        <Table fz="xs" verticalSpacing={3} horizontalSpacing={6}>
          <Table.Caption ta="left" mt={0} style={{ captionSide: "top" }}>
            {say("posted")}
          </Table.Caption>
          <Table.Tbody>
            {of.postings.map((posting) => (
              <Table.Tr key={posting.account}>
                <Table.Td>{posting.name}</Table.Td>
                <Table.Td ta="right">
                  <Amount of={posting.balance} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Stack>
  );
}
