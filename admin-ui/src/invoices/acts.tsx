// What a person does with a document: note what became of it, correct it, replace it. The server says which are open.
import { Button, Group, Modal, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { done } from "../api/call";
import { http, refresh } from "../api/client";
import type { Invoice, InvoiceAction, InvoiceParty } from "../api/types_invoices";
import { ReasonModal, useWork } from "../parts/controls";
import { fieldErrors, ProblemAlert, tell } from "../parts/problem";
import type { Problem } from "../api/types";
import { partWords } from "../parts/words";
import { useWords } from "../words/catalogue";
import { invoiceWords } from "./words";

/** Asks again for what a change of documents shows in. */
export async function invoicesChanged(): Promise<void> {
  await refresh("/api/v1/invoices", "/api/v1/invoice-queue", "/api/v1/orders");
}

export function InvoiceActs({ invoice }: { invoice: Invoice }) {
  const say = useWords(invoiceWords);
  const navigate = useNavigate();
  const [open, setOpen] = useState<InvoiceAction | null>(null);
  const close = () => setOpen(null);
  const work = useWork();
  const submit = () =>
    work.run(async () => {
      await done(http.POST("/api/v1/invoices/{id}/submit", { params: { path: { id: invoice.id } } }));
      await invoicesChanged();
      tell(say("submitted"));
    });
  return (
    <>
      {invoice.actions.map((action) => (
        <Button key={action} size="xs" variant="default" loading={action === "submit" && work.busy} onClick={() => (action === "submit" ? void submit() : setOpen(action))}>
          {say(action)}
        </Button>
      ))}
      <ReasonModal
        opened={open === "correct"}
        onClose={close}
        title={`${say("correct")} · ${invoice.number}`}
        text={say("correctText")}
        label={say("reason")}
        action={say("correct")}
        onGive={async (reason) => {
          const made = await done(http.POST("/api/v1/invoices/{id}/correct", { params: { path: { id: invoice.id } }, body: { reason } }));
          await invoicesChanged();
          tell(say("issued", { number: made.number }));
          void navigate({ to: `/invoices/${made.id}` });
        }}
      />
      {open === "replace" && <Replace invoice={invoice} onClose={close} />}
      {(open === "send" || open === "accept" || open === "reject") && <Step invoice={invoice} step={open} onClose={close} />}
    </>
  );
}

function Step({ invoice, step, onClose }: { invoice: Invoice; step: "send" | "accept" | "reject"; onClose: () => void }) {
  const say = useWords(invoiceWords);
  const part = useWords(partWords);
  const work = useWork();
  const last = [...invoice.steps].reverse().find((one) => one.provider);
  const [provider, setProvider] = useState(last?.provider ?? "");
  const [reference, setReference] = useState("");
  const [note, setNote] = useState("");
  const give = () =>
    work.run(async () => {
      const told = (text: string) => text.trim() || null;
      await done(http.POST("/api/v1/invoices/{id}/steps", { params: { path: { id: invoice.id } }, body: { step, provider: told(provider), reference: told(reference), note: told(note) } }));
      await invoicesChanged();
      tell(say("noted"));
      onClose();
    });
  return (
    <Modal opened onClose={onClose} title={`${say(step)} · ${invoice.number}`} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void give();
        }}
      >
        <Stack gap="sm">
          <Text size="sm">{say("stepText")}</Text>
          <TextInput label={say("provider")} maxLength={200} value={provider} onChange={(event) => setProvider(event.currentTarget.value)} data-autofocus />
          <TextInput label={say("reference")} maxLength={200} value={reference} onChange={(event) => setReference(event.currentTarget.value)} />
          <Textarea label={say("note")} autosize minRows={2} maxLength={1000} value={note} onChange={(event) => setNote(event.currentTarget.value)} />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy} color={step === "reject" ? "red.8" : "petrol"}>
              {say(step)}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

const fields = [
  ["name", "name"],
  ["tax_code", "taxCodeLabel"],
  ["address", "address"],
  ["city", "city"],
  ["postcode", "postcode"],
  ["country", "country"],
  ["email", "email"],
] as const;

function Replace({ invoice, onClose }: { invoice: Invoice; onClose: () => void }) {
  const say = useWords(invoiceWords);
  const part = useWords(partWords);
  const navigate = useNavigate();
  const work = useWork();
  const [reason, setReason] = useState("");
  const [buyer, setBuyer] = useState<InvoiceParty>(invoice.buyer);
  const errors = work.problem ? fieldErrors(work.problem as Problem) : {};
  const give = () =>
    work.run(async () => {
      const made = await done(http.POST("/api/v1/invoices/{id}/replace", { params: { path: { id: invoice.id } }, body: { reason: reason.trim(), buyer } }));
      await invoicesChanged();
      tell(say("issued", { number: made.number }));
      onClose();
      void navigate({ to: `/invoices/${made.id}` });
    });
  const input = ([field, word]: (typeof fields)[number]) => (
    <TextInput
      key={field}
      label={say(word)}
      maxLength={200}
      required={field === "name"}
      error={errors[`buyer.${field}`]}
      value={buyer[field] ?? ""}
      onChange={(event) => setBuyer({ ...buyer, [field]: event.currentTarget.value || (field === "name" ? "" : null) })}
    />
  );
  return (
    <Modal opened onClose={onClose} size="lg" title={`${say("replace")} · ${invoice.number}`} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void give();
        }}
      >
        <Stack gap="sm">
          <Text size="sm">{say("replaceText")}</Text>
          <Textarea label={say("reason")} placeholder={say("reasonHint")} required autosize minRows={2} maxLength={500} value={reason} onChange={(event) => setReason(event.currentTarget.value)} data-autofocus />
          <Group grow align="flex-start">
            {fields.slice(0, 2).map(input)}
          </Group>
          <Group grow align="flex-start">
            {fields.slice(2, 4).map(input)}
          </Group>
          <Group grow align="flex-start">
            {fields.slice(4).map(input)}
          </Group>
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy} disabled={!reason.trim() || !buyer.name.trim()}>
              {say("replace")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
