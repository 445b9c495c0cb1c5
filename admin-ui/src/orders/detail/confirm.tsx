// Confirming a B2B order: the company's credit before, the decision with its reasons after; then what is due when.
import { Anchor, Box, Button, Divider, Group, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { done } from "../../api/call";
import { api, http } from "../../api/client";
import type { Order } from "../../api/types";
import type { Confirmation } from "../../api/types_credit";
import { ExposureView } from "../../companies/exposure";
import { CompanySelect } from "../../companies/form";
import { useTermsText } from "../../companies/terms";
import { holdsChanged } from "../../holds/acts";
import { MinimalChanges, Reasons } from "../../holds/why";
import { holdWords } from "../../holds/words";
import { Amount } from "../../parts/amount";
import { Day, Moment } from "../../parts/moment";
import { ProblemAlert, tell } from "../../parts/problem";
import { Panel } from "../../parts/section";
import { ToneBadge } from "../../parts/track_badge";
import { useRight } from "../../session/session";
import { useWords } from "../../words/catalogue";
import { moneyWords } from "./money_words";
import { useOrderWrite } from "./write";

export function ConfirmPanel({ order }: { order: Order }) {
  const say = useWords(moneyWords);
  const [outcome, setOutcome] = useState<Confirmation | null>(null);
  const concerns = order.segment === "b2b" || order.confirmation;
  if (!concerns) return null;
  const confirmed = Boolean(order.confirmation ?? order.confirmed_at);
  const held = !confirmed && order.hold_list.some((hold) => hold.state === "placed" && hold.confirms);
  return (
    <Panel title={say("confirmation")} aside={<ToneBadge tone={confirmed ? "good" : held ? "bad" : "wait"}>{say(confirmed ? "confirmed" : held ? "held" : "unconfirmed")}</ToneBadge>}>
      <Stack gap="sm">
        {confirmed ? <Confirmed order={order} /> : <Ask order={order} outcome={outcome} onOutcome={setOutcome} />}
        {outcome?.exposure && (
          <Part title={say("exposure")}>
            <ExposureView of={outcome.exposure} />
          </Part>
        )}
      </Stack>
    </Panel>
  );
}

function Confirmed({ order }: { order: Order }) {
  const say = useWords(moneyWords);
  const termsText = useTermsText();
  const { confirmation, due_schedule: schedule } = order;
  return (
    <>
      <Text size="sm" component="div">
        <Moment at={confirmation?.at ?? order.confirmed_at} /> {confirmation && say(confirmation.by === "rule" ? "byRule" : "byPerson")}
      </Text>
      {confirmation?.terms && (
        <Group justify="space-between" gap="sm" wrap="nowrap" align="baseline">
          <Text size="xs" c="dimmed">
            {say("terms")}
          </Text>
          <Text size="sm" ta="right">
            {termsText(confirmation.terms)}
          </Text>
        </Group>
      )}
      {schedule && schedule.length > 0 && (
        <Part title={say("schedule")}>
          {schedule.map((due) => (
            <Group key={due.due_on} justify="space-between">
              <Text size="sm" component="div">
                <Day of={due.due_on} />
              </Text>
              <Amount of={due.amount} fz="sm" />
            </Group>
          ))}
        </Part>
      )}
    </>
  );
}

type AskProps = { order: Order; outcome: Confirmation | null; onOutcome: (outcome: Confirmation) => void };

function Ask({ order, outcome, onOutcome }: AskProps) {
  const say = useWords(moneyWords);
  const hold = useWords(holdWords);
  const may = useRight();
  const work = useOrderWrite(order);
  const confirm = () =>
    work.run(() =>
      work.write(async (header) => {
        const answer = await done(http.POST("/api/v1/orders/{id}/confirm", { params: { path: { id: order.id }, header: { "If-Match": header["If-Match"] } } }));
        onOutcome(answer);
        await holdsChanged();
        tell(say(answer.decision === "confirmed" ? "confirmedDone" : "heldDone"));
      }),
    );
  return (
    <>
      {!order.company_id && <Company order={order} />}
      {order.company_id && !outcome && may("companies:read") && <CreditNow id={order.company_id} />}
      {outcome && outcome.reasons.length > 0 && (
        <Part title={hold("reasons")}>
          <Reasons of={outcome.reasons} />
        </Part>
      )}
      {outcome && outcome.minimal_changes.length > 0 && (
        <Part title={hold("changes")}>
          <MinimalChanges of={outcome.minimal_changes} />
        </Part>
      )}
      <ProblemAlert problem={work.problem} />
      {may("orders:confirm") && order.company_id && order.described && (
        <Box>
          <Button fullWidth loading={work.busy} onClick={() => void confirm()}>
            {say("confirm")}
          </Button>
          <Text size="xs" c="dimmed" mt={6}>
            {say("confirmText")}
          </Text>
        </Box>
      )}
    </>
  );
}

/** The credit of the order's company before anything is asked. */
function CreditNow({ id }: { id: string }) {
  const say = useWords(moneyWords);
  const company = api.useQuery("get", "/api/v1/companies/{id}", { params: { path: { id } } });
  if (!company.data) return null;
  return (
    <>
      <Anchor component={Link} to={`/companies/${id}`} size="sm" fw={560}>
        {company.data.name}
      </Anchor>
      <Part title={say("exposureNow")}>
        <ExposureView of={company.data.exposure} />
      </Part>
      <Divider />
    </>
  );
}

function Company({ order }: { order: Order }) {
  const say = useWords(moneyWords);
  const may = useRight();
  const [company, setCompany] = useState<string | null>(null);
  const work = useOrderWrite(order);
  if (!may("companies:read") || !order.actions.includes("edit")) {
    return (
      <Text size="sm" c="dimmed">
        {say("companyHint")}
      </Text>
    );
  }
  const set = () =>
    work.run(() =>
      work.write((header) => done(http.PATCH("/api/v1/orders/{id}", { params: { path: { id: order.id }, header: { "If-Match": header["If-Match"] } }, body: { company_id: company ?? "" } }))),
    );
  return (
    <>
      <CompanySelect label={say("company")} description={say("companyHint")} value={company} onChange={setCompany} />
      <ProblemAlert problem={work.problem} />
      <Button variant="default" disabled={!company} loading={work.busy} onClick={() => void set()}>
        {say("setCompany")}
      </Button>
    </>
  );
}

function Part({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <Box>
      <Text size="xs" fw={560} c="dimmed" mb={6}>
        {title}
      </Text>
      {children}
    </Box>
  );
}
