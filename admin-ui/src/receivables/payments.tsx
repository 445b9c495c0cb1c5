// What a company paid: on account, then applied to what it owes; beside it what it promised and whom to write to.
import { Button, Grid, Group, Modal, Paper, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useLingui } from "@lingui/react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { done } from "../api/call";
import { api, http } from "../api/client";
import { onceKey } from "../api/once";
import type { CompanyDetail } from "../api/types_credit";
import { MoneyPlace } from "../ledger/money_place";
import { Amount } from "../parts/amount";
import { AmountInput } from "../parts/amount_input";
import { useWork } from "../parts/controls";
import { isZero, typedDecimal } from "../parts/decimal";
import { ProblemAlert, tell } from "../parts/problem";
import { Empty, Loaded, Page, Panel } from "../parts/section";
import { partWords } from "../parts/words";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { Apply } from "./apply";
import { ChosenCompany } from "./company";
import { Contact } from "./contact";
import { parseReceivablePlace } from "./filters";
import { receivablesChanged, useOnAccount } from "./on_account";
import { Promises } from "./promises";
import { ReceivableTabs } from "./tabs";
import { receivableWords } from "./words";

export function PaymentsPage() {
  const say = useWords(receivableWords);
  const navigate = useNavigate();
  const { company } = parseReceivablePlace(useSearch({ strict: false }));
  return (
    <Page title={say("title")} text={say("paymentsText")} width={1100}>
      <ReceivableTabs />
      <Group mb="md">
        <ChosenCompany value={company} onChange={(id) => void navigate({ to: "/receivables/payments", search: parseReceivablePlace(id ? { company: id } : {}) })} />
      </Group>
      {company ? <OfCompany key={company} id={company} /> : <Paper><Empty title={say("choose")} text={say("chooseTextPayments")} /></Paper>}
    </Page>
  );
}

function OfCompany({ id }: { id: string }) {
  const company = api.useQuery("get", "/api/v1/companies/{id}", { params: { path: { id } } });
  return (
    <Loaded of={company} rows={8}>
      {(data) => (
        <Grid gap="md">
          <Grid.Col span={{ base: 12, md: 7 }}>
            <Stack gap="md">
              <OnAccount company={data} />
              <Apply company={data} />
            </Stack>
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 5 }}>
            <Stack gap="md">
              <Promises company={id} />
              <Contact company={id} />
            </Stack>
          </Grid.Col>
        </Grid>
      )}
    </Loaded>
  );
}

function OnAccount({ company }: { company: CompanyDetail }) {
  const say = useWords(receivableWords);
  const may = useRight();
  const held = useOnAccount(company);
  const [receiving, receive] = useDisclosure(false);
  return (
    <Panel
      title={say("onAccount")}
      aside={
        may("finance:post") && (
          <Button size="compact-sm" onClick={receive.open}>
            {say("receive")}
          </Button>
        )
      }
    >
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          {say("onAccountText")}
        </Text>
        <Group gap="md" data-sum="on_account">
          {held.map((money) => (
            <Amount key={money.currency} of={money} strong fz="lg" quietZero />
          ))}
        </Group>
      </Group>
      {receiving && <Receive company={company} currency={held[0]?.currency ?? ""} onClose={receive.close} />}
    </Panel>
  );
}

function Receive({ company, currency: first, onClose }: { company: CompanyDetail; currency: string; onClose: () => void }) {
  const say = useWords(receivableWords);
  const part = useWords(partWords);
  const { i18n } = useLingui();
  const [text, setText] = useState("");
  const [currency, setCurrency] = useState(first);
  const [place, setPlace] = useState("bank");
  const [reference, setReference] = useState("");
  const [key] = useState(onceKey);
  const work = useWork();
  const amount = typedDecimal(text, i18n.locale);
  const save = () =>
    work.run(async () => {
      if (amount === null) return;
      const body = { amount, currency: currency.trim().toUpperCase(), received_in: place, reference: reference.trim() };
      await done(http.POST("/api/v1/receivables/companies/{id}/receipts", { params: { path: { id: company.id }, header: { "Idempotency-Key": key } }, body }));
      await receivablesChanged();
      tell(say("received"));
      onClose();
    });
  return (
    <Modal opened onClose={onClose} title={say("receiveTitle", { name: company.name })} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Stack gap="sm">
          <Group align="flex-start" wrap="nowrap">
            <div style={{ flex: 1 }}>
              <AmountInput label={say("amount")} currency={currency} required autoFocus value={text} onChange={setText} />
            </div>
            <TextInput w={96} label={say("currency")} required maxLength={3} value={currency} onChange={(event) => setCurrency(event.currentTarget.value)} />
          </Group>
          <MoneyPlace label={say("receivedIn")} value={place} onChange={setPlace} />
          <TextInput label={say("reference")} required maxLength={200} value={reference} onChange={(event) => setReference(event.currentTarget.value)} />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy} disabled={amount === null || isZero(amount) || !reference.trim()}>
              {say("receive")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
