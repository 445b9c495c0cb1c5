// What a company promised to pay, and when.
import { Button, Group, Modal, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useLingui } from "@lingui/react";
import { useState } from "react";
import { done } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { PaymentPromise } from "../api/types_receivables";
import { Amount } from "../parts/amount";
import { AmountInput } from "../parts/amount_input";
import { Sure, useWork } from "../parts/controls";
import { isZero, typedDecimal } from "../parts/decimal";
import { Day, formatDay } from "../parts/moment";
import { ProblemAlert, tell } from "../parts/problem";
import { Loaded, Panel } from "../parts/section";
import { ToneBadge } from "../parts/track_badge";
import type { Tone } from "../parts/tracks";
import { partWords } from "../parts/words";
import { useRight, useSession } from "../session/session";
import { useWords } from "../words/catalogue";
import { receivableWords } from "./words";

const looks = { open: ["wait", "promiseOpen"], over: ["bad", "promiseOver"], withdrawn: ["quiet", "promiseWithdrawn"] } as const satisfies Record<PaymentPromise["state"], readonly [Tone, string]>;

export function Promises({ company }: { company: string }) {
  const say = useWords(receivableWords);
  const may = useRight()("receivables:manage");
  const [noting, note] = useDisclosure(false);
  const promises = api.useQuery("get", "/api/v1/receivables/companies/{id}/promises", { params: { path: { id: company } } });
  const button = may && (
    <Button size="compact-sm" variant="default" onClick={note.open}>
      {say("promise")}
    </Button>
  );
  return (
    <Panel title={say("promises")} aside={button}>
      <Loaded of={promises} rows={3} isEmpty={({ data }) => data.length === 0} empty={<Text size="sm" c="dimmed">{say("noPromises")}</Text>}>
        {({ data }) => (
          <Stack gap="sm">
            {data.map((promise) => (
              <One key={promise.id} promise={promise} may={may} />
            ))}
          </Stack>
        )}
      </Loaded>
      {noting && <Note company={company} onClose={note.close} />}
    </Panel>
  );
}

function One({ promise, may }: { promise: PaymentPromise; may: boolean }) {
  const say = useWords(receivableWords);
  const { i18n } = useLingui();
  const [tone, word] = looks[promise.state];
  const withdraw = async () => {
    await done(http.DELETE("/api/v1/receivables/promises/{id}", { params: { path: { id: promise.id } } }));
    await refresh("/api/v1/receivables");
  };
  return (
    <Group justify="space-between" align="flex-start" wrap="nowrap" data-promise={promise.state}>
      <div>
        <Text size="sm" fw={560} component="div">
          <Amount of={promise.amount} /> · <Day of={promise.promised_on} />
        </Text>
        <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          {promise.note}
        </Text>
      </div>
      <Group gap="xs" wrap="nowrap">
        <ToneBadge tone={tone}>{say(word)}</ToneBadge>
        {may && promise.state === "open" && (
          <Sure title={say("withdraw")} text={say("withdrawText")} action={say("withdraw")} onSure={withdraw}>
            {(ask) => (
              <Button size="compact-xs" variant="default" aria-label={say("withdrawName", { day: formatDay(promise.promised_on, i18n.locale) })} onClick={ask}>
                {say("withdraw")}
              </Button>
            )}
          </Sure>
        )}
      </Group>
    </Group>
  );
}

function Note({ company, onClose }: { company: string; onClose: () => void }) {
  const say = useWords(receivableWords);
  const part = useWords(partWords);
  const { i18n } = useLingui();
  const [currency, setCurrency] = useState(useSession()?.tenant?.currency ?? "");
  const [text, setText] = useState("");
  const [day, setDay] = useState("");
  const [note, setNote] = useState("");
  const work = useWork();
  const amount = typedDecimal(text, i18n.locale);
  const save = () =>
    work.run(async () => {
      if (amount === null) return;
      const body = { amount, currency: currency.trim().toUpperCase(), promised_on: day, note: note.trim() };
      await done(http.POST("/api/v1/receivables/companies/{id}/promises", { params: { path: { id: company } }, body }));
      await refresh("/api/v1/receivables");
      tell(say("promiseNoted"));
      onClose();
    });
  return (
    <Modal opened onClose={onClose} title={say("promise")} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Stack gap="sm">
          <Text size="sm">{say("promiseText")}</Text>
          <Group align="flex-start" wrap="nowrap">
            <div style={{ flex: 1 }}>
              <AmountInput label={say("amount")} currency={currency} required autoFocus value={text} onChange={setText} />
            </div>
            <TextInput w={96} label={say("currency")} required maxLength={3} value={currency} onChange={(event) => setCurrency(event.currentTarget.value)} />
          </Group>
          <TextInput type="date" label={say("promisedOn")} required value={day} onChange={(event) => setDay(event.currentTarget.value)} />
          <Textarea label={say("promiseNote")} required autosize minRows={2} maxLength={500} value={note} onChange={(event) => setNote(event.currentTarget.value)} />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy} disabled={amount === null || isZero(amount) || !day || !note.trim()}>
              {part("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
