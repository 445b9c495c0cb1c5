// One tax document, whole: parties, lines with what reduced them, totals by rate, its orders, its life.
import { Alert, Anchor, Box, Button, Grid, Group, Stack, Table, Text } from "@mantine/core";
import { IconAlertTriangle, IconDownload, IconFileTypePdf } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { api } from "../api/client";
import type { Problem } from "../api/types";
import type { Invoice, InvoiceAmount, InvoiceParty } from "../api/types_invoices";
import { Back } from "../parts/back";
import { Amount } from "../parts/amount";
import { negated } from "../parts/decimal";
import { Day, Moment } from "../parts/moment";
import { Empty, Loaded, Page, Panel } from "../parts/section";
import { ToneBadge, TrackBadge } from "../parts/track_badge";
import { Wide } from "../parts/wide";
import { useActorName } from "../people/actor";
import { useWords } from "../words/catalogue";
import { InvoiceActs } from "./acts";
import { InvoiceTable } from "./table";
import { invoiceWords } from "./words";

export function InvoicePage() {
  const say = useWords(invoiceWords);
  const { id } = useParams({ strict: false });
  const invoice = api.useQuery("get", "/api/v1/invoices/{id}", { params: { path: { id: id ?? "" } } });
  const gone = (invoice.error as Problem | null)?.status === 404;
  return (
    <Box>
      <Back to="/invoices">{say("all")}</Back>
      {gone ? <Empty whole title={say("gone")} /> : <Loaded of={invoice} rows={12}>{(data) => <Whole key={data.id} invoice={data} />}</Loaded>}
    </Box>
  );
}

function Whole({ invoice }: { invoice: Invoice }) {
  const say = useWords(invoiceWords);
  const outdated = invoice.orders.some((order) => order.outdated) && invoice.state !== "replaced";
  return (
    <Page
      title={invoice.number}
      text={`${say(invoice.kind)} · ${invoice.buyer_name}`}
      aside={
        <>
          <TrackBadge track="invoice" state={invoice.state} />
          <InvoiceActs invoice={invoice} />
          <Button component="a" size="xs" variant="default" href={`/api/v1/invoices/${invoice.id}/pdf`} target="_blank" rel="noopener" leftSection={<IconFileTypePdf size={15} />}>
            {say("pdf")}
          </Button>
          <Button component="a" size="xs" href={`/api/v1/invoices/${invoice.id}/xml`} download leftSection={<IconDownload size={15} />}>
            {say("download")}
          </Button>
        </>
      }
    >
      <Stack gap="md">
        {outdated && (
          <Alert color="yellow" variant="light" icon={<IconAlertTriangle size={18} />} title={say("outdated")}>
            {say("outdatedText")}
          </Alert>
        )}
        <Grid gap="md">
          <Grid.Col span={{ base: 12, lg: 8 }}>
            <Stack gap="md">
              <Lines invoice={invoice} />
              <Rates invoice={invoice} />
              {invoice.corrections.length > 0 && (
                <Panel title={say("corrections")} flush>
                  <Wide>
                    <InvoiceTable rows={invoice.corrections} />
                  </Wide>
                </Panel>
              )}
            </Stack>
          </Grid.Col>
          <Grid.Col span={{ base: 12, lg: 4 }}>
            <Stack gap="md">
              <About invoice={invoice} />
              <Party title={say("buyer")} of={invoice.buyer} />
              <Party title={say("seller")} of={invoice.seller} />
              <Sending invoice={invoice} />
              <Orders invoice={invoice} />
              <History invoice={invoice} />
            </Stack>
          </Grid.Col>
        </Grid>
      </Stack>
    </Page>
  );
}

function useKind(): (kind: string) => string {
  const say = useWords(invoiceWords);
  const known: Record<string, string> = {
    marketing_discount: say("marketing_discount"),
    promo_voucher: say("promo_voucher"),
    price_override: say("price_override"),
    shipping_discount: say("shipping_discount"),
    points: say("points"),
    paid: say("paid"),
    paid_voucher: say("paid_voucher"),
    others: say("others"),
  };
  return (kind) => known[kind] ?? kind;
}

function Reduced({ by }: { by: InvoiceAmount[] }) {
  const kind = useKind();
  return by.map((one) => (
    <Group key={one.kind} gap={6} justify="flex-end" wrap="nowrap">
      <Text size="xs" c="dimmed">
        {kind(one.kind)}
      </Text>
      <Amount of={{ ...one.amount, amount: negated(one.amount.amount) }} fz="xs" c="dimmed" />
    </Group>
  ));
}

function Lines({ invoice }: { invoice: Invoice }) {
  const say = useWords(invoiceWords);
  return (
    <Panel title={say("lines")} flush>
      <Wide>
        <Table fz="sm" miw={640}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{say("item")}</Table.Th>
              <Table.Th ta="right">{say("quantity")}</Table.Th>
              <Table.Th ta="right">{say("gross")}</Table.Th>
              <Table.Th ta="right">{say("base")}</Table.Th>
              <Table.Th ta="right">{say("rate")}</Table.Th>
              <Table.Th ta="right">{say("tax")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {invoice.lines.map((line, index) => (
              <Table.Tr key={index} style={{ verticalAlign: "top" }}>
                <Table.Td>
                  <Text size="sm">{line.name}</Text>
                  <Text size="xs" c="dimmed">
                    {[line.sku, line.order ? `#${line.order}` : null].filter(Boolean).join(" · ")}
                  </Text>
                </Table.Td>
                <Table.Td ta="right">{line.quantity}</Table.Td>
                <Table.Td ta="right">
                  <Amount of={line.gross} />
                  <Reduced by={line.allowances} />
                </Table.Td>
                <Table.Td ta="right">
                  <Amount of={line.base} strong />
                </Table.Td>
                <Table.Td ta="right">{rateText(line)}</Table.Td>
                <Table.Td ta="right">
                  <Amount of={line.tax} quietZero />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Wide>
    </Panel>
  );
}

/** `S 19 %`; a category that names its rate, such as `8%`, stands alone. */
function rateText({ category, rate }: { category: string; rate: string }): string {
  return category.includes("%") || rate === "0" ? category : `${category} ${rate} %`;
}

function Rates({ invoice }: { invoice: Invoice }) {
  const say = useWords(invoiceWords);
  const kind = useKind();
  return (
    <Panel title={say("rates")} flush>
      <Table fz="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{say("rate")}</Table.Th>
            <Table.Th ta="right">{say("base")}</Table.Th>
            <Table.Th ta="right">{say("tax")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {invoice.rates.map((rate) => (
            <Table.Tr key={`${rate.category} ${rate.rate}`}>
              <Table.Td>
                {rateText(rate)}
                {rate.reason && (
                  <Text size="xs" c="dimmed">
                    {rate.reason}
                  </Text>
                )}
              </Table.Td>
              <Table.Td ta="right">
                <Amount of={rate.base} />
              </Table.Td>
              <Table.Td ta="right">
                <Amount of={rate.tax} quietZero />
              </Table.Td>
            </Table.Tr>
          ))}
          <Table.Tr>
            <Table.Td fw={600}>{say("total")}</Table.Td>
            <Table.Td ta="right" colSpan={2}>
              <Amount of={invoice.total} strong />
            </Table.Td>
          </Table.Tr>
          {invoice.payments.map((payment) => (
            <Table.Tr key={payment.kind}>
              <Table.Td c="dimmed">{kind(payment.kind)}</Table.Td>
              <Table.Td ta="right" colSpan={2}>
                <Amount of={{ ...payment.amount, amount: negated(payment.amount.amount) }} c="dimmed" />
              </Table.Td>
            </Table.Tr>
          ))}
          {invoice.payments.length > 0 && (
            <Table.Tr>
              <Table.Td fw={600}>{say("payable")}</Table.Td>
              <Table.Td ta="right" colSpan={2}>
                <Amount of={invoice.payable} strong />
              </Table.Td>
            </Table.Tr>
          )}
        </Table.Tbody>
      </Table>
    </Panel>
  );
}

function Row({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <Group justify="space-between" gap="md" wrap="nowrap" align="flex-start">
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text size="sm" ta="right" component="div">
        {children}
      </Text>
    </Group>
  );
}

function About({ invoice }: { invoice: Invoice }) {
  const say = useWords(invoiceWords);
  const who = useActorName();
  const regime = invoice.regime === "eu-en16931" || invoice.regime === "vn-2026-07" ? say(invoice.regime) : invoice.regime;
  return (
    <Panel title={say(invoice.kind)}>
      <Stack gap={6}>
        <Row label={say("issuedOn")}>
          <Day of={invoice.issued_on} /> {say("by", { who: who(invoice.issued_by) })}
        </Row>
        <Row label={say("regime")}>{regime}</Row>
        {invoice.delivered_on && (
          <Row label={say("deliveredOn")}>
            <Day of={invoice.delivered_on} />
          </Row>
        )}
        {invoice.due_on && (
          <Row label={say("dueOn")}>
            <Day of={invoice.due_on} />
          </Row>
        )}
        {invoice.of && (
          <Row label={say("corrects")}>
            <Anchor component={Link} to={`/invoices/${invoice.of}`} size="sm">
              {say("original")}
            </Anchor>
          </Row>
        )}
        {invoice.reason && <Row label={say("reason")}>{invoice.reason}</Row>}
      </Stack>
    </Panel>
  );
}

function Party({ title, of }: { title: string; of: InvoiceParty }) {
  const say = useWords(invoiceWords);
  const place = [of.address, [of.postcode, of.city].filter(Boolean).join(" "), of.country].filter(Boolean).join(", ");
  return (
    <Panel title={title}>
      <Text size="sm" fw={560}>
        {of.name}
      </Text>
      {of.tax_code && <Text size="sm">{say("taxCode", { code: of.tax_code })}</Text>}
      {place && (
        <Text size="sm" c="dimmed">
          {place}
        </Text>
      )}
      {of.email && (
        <Text size="sm" c="dimmed">
          {of.email}
        </Text>
      )}
    </Panel>
  );
}

/** How far the document is with its provider, and what hindered it. */
function Sending({ invoice }: { invoice: Invoice }) {
  const say = useWords(invoiceWords);
  const { sending } = invoice;
  if (!sending) return null;
  const failed = ["refused", "gave_up", "unsupported", "dropped"].includes(sending.state);
  const word = () => {
    if (sending.state === "done" || invoice.state === "rejected") return say("sendingDone");
    if (failed) return say("sendingFailed");
    if (sending.code === "authority.waiting") return say("sendingAuthority");
    return say(sending.code ? "sendingRetrying" : "sendingQueued");
  };
  return (
    <Panel title={say("sending")}>
      <Stack gap={6}>
        <Text size="sm" fw={560}>
          {word()}
        </Text>
        {sending.detail && sending.code !== "authority.waiting" && (
          <Text size="sm" c={failed ? "red.8" : "dimmed"} style={{ overflowWrap: "anywhere" }}>
            {sending.detail}
          </Text>
        )}
        {sending.due_at && sending.state === "retrying" && (
          <Row label={say("sendingNext")}>
            <Moment at={sending.due_at} />
          </Row>
        )}
      </Stack>
    </Panel>
  );
}

function Orders({ invoice }: { invoice: Invoice }) {
  const say = useWords(invoiceWords);
  return (
    <Panel title={say("coveredOrders")}>
      <Group gap="xs">
        {invoice.orders.map((order) => (
          <Group key={order.id} gap={4} wrap="nowrap">
            <Anchor component={Link} to={`/orders/${order.id}`} size="sm">{`#${order.number}`}</Anchor>
            {order.outdated && <ToneBadge tone="wait">{say("outdated")}</ToneBadge>}
          </Group>
        ))}
      </Group>
    </Panel>
  );
}

function History({ invoice }: { invoice: Invoice }) {
  const say = useWords(invoiceWords);
  const who = useActorName();
  return (
    <Panel title={say("history")}>
      <Stack gap="sm">
        {[...invoice.steps].reverse().map((step) => (
          <Box key={step.at + step.state}>
            <Group justify="space-between" gap="xs">
              <TrackBadge track="invoice" state={step.state} bare />
              <Text size="xs" c="dimmed" component="span">
                <Moment at={step.at} />
              </Text>
            </Group>
            <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
              {[who(step.actor), step.provider, step.reference, step.note].filter(Boolean).join(" · ")}
            </Text>
          </Box>
        ))}
      </Stack>
    </Panel>
  );
}
