// A voucher that is sold, or store credit that is given as a kindness: what it pays, until when, for whom.
import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { useState } from "react";
import { done } from "../api/call";
import { http } from "../api/client";
import { onceKey } from "../api/once";
import { MoneyPlace } from "../ledger/money_place";
import { AmountInput } from "../parts/amount_input";
import { useWork } from "../parts/controls";
import { isZero, typedDecimal } from "../parts/decimal";
import { ProblemAlert } from "../parts/problem";
import { partWords } from "../parts/words";
import { useSession } from "../session/session";
import { useWords } from "../words/catalogue";
import { claimsChanged } from "./members";
import { claimWords } from "./words";

const blank = { code: "", holder: "", amount: "", received_in: "cash:main", expires_on: "", reason: "" };

export function MakeClaim({ kind, onClose }: { kind: "voucher" | "store_credit"; onClose: () => void }) {
  const say = useWords(claimWords);
  const part = useWords(partWords);
  const { i18n } = useLingui();
  const currency = useSession()?.tenant?.currency ?? "VND";
  const [form, setForm] = useState(blank);
  const [key] = useState(onceKey);
  const work = useWork();
  const set = (change: Partial<typeof blank>) => setForm({ ...form, ...change });
  const amount = typedDecimal(form.amount, i18n.locale);
  const save = () =>
    work.run(async () => {
      if (amount === null) return;
      const { code, holder, received_in, expires_on, reason } = form;
      const header = { "Idempotency-Key": key };
      const body = { amount, reason: reason.trim(), ...(code.trim() && { code: code.trim() }), ...(holder.trim() && { holder: holder.trim() }), ...(expires_on && { expires_on }) };
      if (kind === "voucher") await done(http.POST("/api/v1/claims/vouchers", { params: { header }, body: { ...body, received_in } }));
      else await done(http.POST("/api/v1/claims/credits", { params: { header }, body }));
      await claimsChanged();
      onClose();
    });
  return (
    <Modal opened onClose={onClose} title={say(kind === "voucher" ? "sell" : "give")} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Stack gap="sm">
          {kind === "store_credit" && <Text size="sm">{say("giveText")}</Text>}
          <AmountInput label={say("amount")} currency={currency} value={form.amount} onChange={(text) => set({ amount: text })} required autoFocus />
          {kind === "voucher" && <MoneyPlace label={say("receivedIn")} value={form.received_in} onChange={(account) => set({ received_in: account })} />}
          <TextInput label={say("code")} description={say("codeHint")} maxLength={64} value={form.code} onChange={(event) => set({ code: event.currentTarget.value })} />
          <TextInput label={say("holder")} maxLength={200} value={form.holder} onChange={(event) => set({ holder: event.currentTarget.value })} />
          <TextInput type="date" label={say("expires")} value={form.expires_on} onChange={(event) => set({ expires_on: event.currentTarget.value })} />
          <TextInput label={say("reason")} required maxLength={500} value={form.reason} onChange={(event) => set({ reason: event.currentTarget.value })} />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end">
            <Button type="submit" loading={work.busy} disabled={amount === null || isZero(amount) || !form.reason.trim()}>
              {say("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
