// Sells a voucher: where the money came in, what it pays, until when.
import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { useState } from "react";
import { done } from "../api/call";
import { http, refresh } from "../api/client";
import { onceKey } from "../api/once";
import { AmountInput } from "../parts/amount_input";
import { useWork } from "../parts/controls";
import { typedDecimal } from "../parts/decimal";
import { ProblemAlert } from "../parts/problem";
import { useSession } from "../session/session";
import { useWords } from "../words/catalogue";
import { claimWords } from "./words";

const blank = { code: "", holder: "", amount: "", received_in: "cash:main", expires_on: "", reason: "" };

export function SellVoucher({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const say = useWords(claimWords);
  const { i18n } = useLingui();
  const currency = useSession()?.tenant?.currency ?? "VND";
  const [form, setForm] = useState(blank);
  const [key, setKey] = useState(onceKey);
  const work = useWork();
  const set = (part: Partial<typeof blank>) => setForm({ ...form, ...part });
  const amount = typedDecimal(form.amount, i18n.locale);
  return (
    <Modal opened={opened} onClose={onClose} title={say("sell")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (amount === null) return;
          void work.run(async () => {
            const { code, holder, received_in, expires_on, reason } = form;
            const body = { amount, received_in, reason, ...(code.trim() && { code }), ...(holder.trim() && { holder }), ...(expires_on && { expires_on }) };
            await done(http.POST("/api/v1/claims/vouchers", { params: { header: { "Idempotency-Key": key } }, body }));
            await refresh("/api/v1/claims", "/api/v1/claim-sums", "/api/v1/ledger");
            setKey(onceKey());
            setForm(blank);
            onClose();
          });
        }}
      >
        <Stack gap="sm">
          <AmountInput label={say("amount")} currency={currency} value={form.amount} onChange={(text) => set({ amount: text })} required autoFocus />
          <TextInput label={say("receivedIn")} required value={form.received_in} onChange={(event) => set({ received_in: event.currentTarget.value })} />
          <TextInput label={say("code")} description={say("codeHint")} maxLength={64} value={form.code} onChange={(event) => set({ code: event.currentTarget.value })} />
          <TextInput label={say("holder")} maxLength={200} value={form.holder} onChange={(event) => set({ holder: event.currentTarget.value })} />
          <TextInput type="date" label={say("expires")} value={form.expires_on} onChange={(event) => set({ expires_on: event.currentTarget.value })} />
          <TextInput label={say("reason")} required maxLength={500} value={form.reason} onChange={(event) => set({ reason: event.currentTarget.value })} />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end">
            <Button type="submit" loading={work.busy} disabled={amount === null || !form.reason.trim()}>
              {say("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
