// One quote: its lines, what it waits for, and the order it became.
import { Anchor, Button, Grid, Group, Modal, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconFileTypePdf } from "@tabler/icons-react";
import { useLingui } from "@lingui/react";
import { Link, useParams } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { done } from "../api/call";
import { api, http, refresh, versionTag } from "../api/client";
import type { Problem } from "../api/types";
import type { Quote } from "../api/types_sales";
import { Amount } from "../parts/amount";
import { useWork } from "../parts/controls";
import { formatNumber } from "../parts/decimal";
import { Day, Moment } from "../parts/moment";
import { ProblemAlert, tell } from "../parts/problem";
import { Empty, Loaded, Page, Panel } from "../parts/section";
import { ToneBadge } from "../parts/track_badge";
import { partWords } from "../parts/words";
import { useWords } from "../words/catalogue";
import { QuoteLines } from "./lines";
import { quoteTone } from "./states";
import { quoteWords } from "./words";
import { WriteQuote } from "./write";

export function QuotePage() {
  const say = useWords(quoteWords);
  const { id } = useParams({ strict: false });
  const quote = api.useQuery("get", "/api/v1/quotes/{id}", { params: { path: { id: id ?? "" } } });
  if ((quote.error as Problem | null)?.status === 404) return <Empty whole title={say("gone")} />;
  return <Loaded of={quote}>{(data) => <Whole quote={data} />}</Loaded>;
}

function Whole({ quote }: { quote: Quote }) {
  const say = useWords(quoteWords);
  const { i18n } = useLingui();
  const [editing, edit] = useDisclosure(false);
  const [declining, decline] = useDisclosure(false);
  const [mailing, mail] = useDisclosure(false);
  const work = useWork();
  const at = { params: { path: { id: quote.id }, header: { "If-Match": versionTag(quote.version) } } };
  const act = (call: () => Promise<unknown>, told?: string) =>
    work.run(async () => {
      try {
        await call();
        if (told) tell(told);
      } finally {
        await refresh("/api/v1/quotes", "/api/v1/approvals", "/api/v1/orders");
      }
    });
  if (editing) return <WriteQuote quote={quote} onDone={edit.close} />;
  const may = (action: Quote["actions"][number]) => quote.actions.includes(action);
  // Who may write quotes may decline what was sent, and mail it.
  const mailable = quote.state === "sent" && may("decline");
  const open = quote.lines.some((line) => line.needs_approval.length > 0 && !line.approved);
  const aside = (
    <>
      <Button component="a" variant="default" href={`/api/v1/quotes/${quote.id}/pdf`} target="_blank" rel="noopener" leftSection={<IconFileTypePdf size={16} />}>
        {say("pdf")}
      </Button>
      {may("edit") && (
        <Button variant="default" onClick={edit.open}>
          {say("edit")}
        </Button>
      )}
      {may("decline") && (
        <Button variant="default" onClick={decline.open}>
          {say("decline")}
        </Button>
      )}
      {mailable && (
        <Button variant="default" onClick={mail.open}>
          {say("mail")}
        </Button>
      )}
      {may("ask_prices") && open && quote.waiting === 0 && (
        <Button variant="default" loading={work.busy} onClick={() => void act(() => done(http.POST("/api/v1/quotes/{id}/price-requests", at)))}>
          {say("askPrices")}
        </Button>
      )}
      {may("send") && (
        <Button loading={work.busy} onClick={() => void act(() => done(http.POST("/api/v1/quotes/{id}/send", at)), say("sentNow"))}>
          {say("send")}
        </Button>
      )}
      {may("accept") && (
        <Button loading={work.busy} onClick={() => void act(() => done(http.POST("/api/v1/quotes/{id}/accept", at)), say("acceptedNow"))}>
          {say("accept")}
        </Button>
      )}
    </>
  );
  return (
    <Page title={say("number", { number: String(quote.number) })} text={quote.company.name} aside={aside}>
      <Stack gap="sm">
        <Anchor component={Link} to="/quotes" size="sm" c="dimmed">
          {say("all")}
        </Anchor>
        <ProblemAlert problem={work.problem} />
        <Grid>
          <Grid.Col span={{ base: 12, md: 8 }}>
            <Panel flush title={say("lines")} aside={<Amount of={quote.total} strong fz="lg" />}>
              <QuoteLines lines={quote.lines} currency={quote.currency} />
            </Panel>
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 4 }}>
            <Panel title={say("facts")}>
              <Stack gap={7}>
                <Fact label={say("state")}>
                  <ToneBadge tone={quoteTone[quote.state]}>{say(quote.state)}</ToneBadge>
                </Fact>
                {quote.waiting > 0 && (
                  <Anchor component={Link} to="/approvals" size="sm">
                    {say("waiting", { count: quote.waiting })}
                  </Anchor>
                )}
                {quote.order && (
                  <Anchor component={Link} to={`/orders/${quote.order.id}`} size="sm" fw={560}>
                    {say("order", { number: String(quote.order.number) })}
                  </Anchor>
                )}
                <Fact label={say("company")}>
                  <Anchor component={Link} to={`/companies/${quote.company.id}`} size="sm">
                    {quote.company.name}
                  </Anchor>
                </Fact>
                <Fact label={say("validUntil")}>
                  <Day of={quote.valid_until} />
                </Fact>
                {quote.deposit && (
                  <Fact label={say("deposit")}>
                    {quote.deposit.percent ? say("depositText", { percent: formatNumber(quote.deposit.percent, i18n.locale) }) : <Amount of={quote.deposit.amount} />}{" "}
                    {quote.deposit.due_on ? (
                      <>
                        {say("by")} <Day of={quote.deposit.due_on} />
                      </>
                    ) : (
                      say("beforeConfirm")
                    )}
                  </Fact>
                )}
                <Fact label={say("account")}>{quote.account.name}</Fact>
                <Fact label={say("updated")}>
                  <Moment at={quote.updated_at} />
                </Fact>
                {quote.reason && <Fact label={say("why")}>{quote.reason}</Fact>}
                {quote.note && <Text size="sm">{quote.note}</Text>}
              </Stack>
            </Panel>
          </Grid.Col>
        </Grid>
      </Stack>
      {mailing && <Mail quote={quote} onClose={mail.close} />}
      {declining && <Decline quote={quote} onClose={decline.close} />}
    </Page>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Group justify="space-between" gap="sm" wrap="nowrap" align="baseline">
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text size="sm" component="div" ta="right">
        {children}
      </Text>
    </Group>
  );
}

function Mail({ quote, onClose }: { quote: Quote; onClose: () => void }) {
  const say = useWords(quoteWords);
  const part = useWords(partWords);
  const [to, setTo] = useState("");
  const [text, setText] = useState("");
  const work = useWork();
  const give = () =>
    work.run(async () => {
      await done(http.POST("/api/v1/quotes/{id}/mail", { params: { path: { id: quote.id } }, body: { to: to.trim(), text: text.trim() || null } }));
      tell(say("mailed", { to: to.trim() }));
      onClose();
    });
  return (
    <Modal opened onClose={onClose} title={say("mailTitle", { number: String(quote.number) })} closeButtonProps={{ "aria-label": part("close") }}>
      <Stack gap="sm">
        <TextInput type="email" label={say("mailTo")} required data-autofocus maxLength={200} value={to} onChange={(event) => setTo(event.currentTarget.value)} />
        <Textarea label={say("mailText")} placeholder={say("mailTextHint")} autosize minRows={3} maxLength={2000} value={text} onChange={(event) => setText(event.currentTarget.value)} />
        <ProblemAlert problem={work.problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {part("cancel")}
          </Button>
          <Button loading={work.busy} disabled={!to.includes("@")} onClick={() => void give()}>
            {say("mail")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function Decline({ quote, onClose }: { quote: Quote; onClose: () => void }) {
  const say = useWords(quoteWords);
  const part = useWords(partWords);
  const [reason, setReason] = useState("");
  const work = useWork();
  const give = () =>
    work.run(async () => {
      await done(http.POST("/api/v1/quotes/{id}/decline", { params: { path: { id: quote.id }, header: { "If-Match": versionTag(quote.version) } }, body: { reason: reason.trim() } }));
      await refresh("/api/v1/quotes", "/api/v1/approvals");
      onClose();
    });
  return (
    <Modal opened onClose={onClose} title={say("declineTitle", { number: String(quote.number) })} closeButtonProps={{ "aria-label": part("close") }}>
      <Stack gap="sm">
        <Textarea label={say("why")} required data-autofocus autosize minRows={2} maxLength={500} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
        <ProblemAlert problem={work.problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {part("cancel")}
          </Button>
          <Button loading={work.busy} disabled={!reason.trim()} onClick={() => void give()}>
            {say("decline")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
