// Asks for what was counted in a drawer.
import { Button, Group, Modal, Stack, Textarea } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { useState } from "react";
import { refresh } from "../api/client";
import { onceKey } from "../api/once";
import { AmountInput } from "../parts/amount_input";
import { useWork } from "../parts/controls";
import { typedDecimal } from "../parts/decimal";
import { ProblemAlert } from "../parts/problem";
import { partWords } from "../parts/words";
import { useWords } from "../words/catalogue";
import { shiftWords } from "./words";

type Props = {
  title: string;
  label: string;
  action: string;
  currency: string;
  withNote?: boolean;
  onClose: () => void;
  onCount: (amount: string, note: string, key: string) => Promise<unknown>;
};

export function CountModal({ title, label, action, currency, withNote = false, onClose, onCount }: Props) {
  const say = useWords(shiftWords);
  const part = useWords(partWords);
  const { i18n } = useLingui();
  const [text, setText] = useState("");
  const [note, setNote] = useState("");
  const [key] = useState(onceKey);
  const work = useWork();
  const amount = typedDecimal(text, i18n.locale);
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (amount === null) return;
          void work.run(async () => {
            await onCount(amount, note.trim(), key);
            await refresh("/api/v1/drawers", "/api/v1/shifts", "/api/v1/ledger");
            onClose();
          });
        }}
      >
        <Stack gap="sm">
          <AmountInput label={label} currency={currency} value={text} onChange={setText} required autoFocus />
          {withNote && <Textarea label={say("note")} autosize minRows={2} maxLength={500} value={note} onChange={(event) => setNote(event.currentTarget.value)} />}
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end">
            <Button type="submit" loading={work.busy} disabled={amount === null}>
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
