// The report of a shift: what moved, by kind and one by one, and what the drawer should hold.
import { Anchor, Button, Group, Modal, Select, Stack, Table, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useLingui } from "@lingui/react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { done } from "../api/call";
import { api, http, refresh } from "../api/client";
import { onceKey } from "../api/once";
import type { ShiftReport } from "../api/types_receivables";
import { MoneyPlace } from "../ledger/money_place";
import { Amount } from "../parts/amount";
import { AmountInput } from "../parts/amount_input";
import { useWork } from "../parts/controls";
import { typedDecimal } from "../parts/decimal";
import { Moment } from "../parts/moment";
import { ProblemAlert } from "../parts/problem";
import { Loaded } from "../parts/section";
import { partWords } from "../parts/words";
import { useWords } from "../words/catalogue";
import { shiftWords } from "./words";

const known = ["shift_float", "sale", "tender", "refund", "paid_in", "paid_out", "cash_over_short", "reversal", "voucher_sold"] as const;
const isKnown = (kind: string): kind is (typeof known)[number] => known.some((each) => each === kind);

export function Report({ id }: { id: string }) {
  const say = useWords(shiftWords);
  const report = api.useQuery("get", "/api/v1/shifts/{id}", { params: { path: { id } } });
  const [paying, pay] = useDisclosure(false);
  const kindName = (kind: string) => (isKnown(kind) ? say(kind) : kind);
  return (
    <Loaded of={report} rows={4}>
      {(data: ShiftReport) => (
        <Stack gap="sm" py="xs">
          <Group justify="space-between" align="flex-start">
            <Group gap="xl">
              <div data-sum="should_hold">
                <Text size="xs" c="dimmed">
                  {say("shouldHold")}
                </Text>
                <Amount of={data.should_hold} strong />
              </div>
              {data.sums.map(({ kind, amount }) => (
                <div key={kind}>
                  <Text size="xs" c="dimmed">
                    {kindName(kind)}
                  </Text>
                  <Amount of={amount} />
                </div>
              ))}
            </Group>
            {data.state === "open" && (
              <Button size="compact-sm" variant="default" onClick={pay.open}>
                {say("pay")}
              </Button>
            )}
          </Group>
          {data.note && <Text size="sm">{data.note}</Text>}
          <Table fz="sm" verticalSpacing={4}>
            <Table.Tbody>
              {data.movements.map((movement) => (
                <Table.Tr key={movement.entry_id}>
                  <Table.Td>
                    <Moment at={movement.at} />
                  </Table.Td>
                  <Table.Td>
                    {kindName(movement.kind)}{" "}
                    {movement.order_id && (
                      <Anchor component={Link} to={`/orders/${movement.order_id}`} size="sm" c="inherit">
                        {`#${movement.order_number}`}
                      </Anchor>
                    )}
                    {movement.memo && (
                      <Text size="xs" c="dimmed">
                        {movement.memo}
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td ta="right">
                    <Amount of={movement.amount} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
          <Pay id={id} currency={data.float.currency} opened={paying} onClose={pay.close} />
        </Stack>
      )}
    </Loaded>
  );
}

function Pay({ id, currency, opened, onClose }: { id: string; currency: string; opened: boolean; onClose: () => void }) {
  const say = useWords(shiftWords);
  const part = useWords(partWords);
  const { i18n } = useLingui();
  const [direction, setDirection] = useState<"in" | "out">("out");
  const [text, setText] = useState("");
  const [account, setAccount] = useState("cash:safe");
  const [reason, setReason] = useState("");
  const [key, setKey] = useState(onceKey);
  const work = useWork();
  const amount = typedDecimal(text, i18n.locale);
  return (
    <Modal opened={opened} onClose={onClose} title={say("pay")} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (amount === null) return;
          void work.run(async () => {
            await done(http.POST("/api/v1/shifts/{id}/payments", { params: { path: { id }, header: { "Idempotency-Key": key } }, body: { direction, amount, account, reason } }));
            await refresh("/api/v1/shifts", "/api/v1/ledger");
            setKey(onceKey());
            setText("");
            onClose();
          });
        }}
      >
        <Stack gap="sm">
          <Select label={say("direction")} data={(["in", "out"] as const).map((value) => ({ value, label: say(value) }))} value={direction} onChange={(value) => setDirection(value === "in" ? "in" : "out")} />
          <AmountInput label={say("amount")} currency={currency} value={text} onChange={setText} required />
          <MoneyPlace label={say("account")} cash noDrawers value={account} onChange={setAccount} />
          <TextInput label={say("reason")} required maxLength={500} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end">
            <Button type="submit" loading={work.busy} disabled={amount === null || !reason.trim()}>
              {say("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
