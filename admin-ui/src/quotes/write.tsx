// Writing a quote: prices come live from the lists that count for the company.
import { ActionIcon, Button, Group, Select, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useLingui } from "@lingui/react";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { done } from "../api/call";
import { api, http, refresh, versionTag } from "../api/client";
import type { NewQuote, NewQuoteLine, Quote } from "../api/types_sales";
import { CompanySelect } from "../companies/form";
import { Amount } from "../parts/amount";
import { useWork } from "../parts/controls";
import { formatNumber, typedDecimal } from "../parts/decimal";
import { ProblemAlert } from "../parts/problem";
import { Page, Panel } from "../parts/section";
import { partWords } from "../parts/words";
import { useSession } from "../session/session";
import { useWords } from "../words/catalogue";
import { PriceNotes } from "./lines";
import { quoteWords } from "./words";

const linesMax = 500;
const dayMs = 86_400_000;
const validDays = 14;
const accountKinds = ["manual", "api", "web", "app", "chat"];
type Row = { line_id?: string; sku: string; quantity: string; price: string; reason: string };

export function NewQuotePage() {
  return <WriteQuote quote={null} />;
}

export function WriteQuote({ quote, onDone }: { quote: Quote | null; onDone?: () => void }) {
  const say = useWords(quoteWords);
  const part = useWords(partWords);
  const { i18n } = useLingui();
  const navigate = useNavigate();
  const home = useSession()?.tenant?.currency ?? "";
  const currency = quote?.currency ?? home;
  const accounts = api.useQuery("get", "/api/v1/channel-accounts", { params: { query: { limit: 200 } } });
  const direct = (accounts.data?.data ?? []).filter(({ kind, state }) => accountKinds.includes(kind) && state === "active");
  const [company, setCompany] = useState<string | null>(quote?.company.id ?? null);
  const [account, setAccount] = useState<string | null>(quote?.account.id ?? null);
  const [until, setUntil] = useState(quote?.valid_until ?? new Date(Date.now() + validDays * dayMs).toISOString().slice(0, 10));
  const [note, setNote] = useState(quote?.note ?? "");
  const [percent, setPercent] = useState(quote?.deposit?.percent ?? "");
  const [rows, setRows] = useState<Row[]>(
    quote?.lines.map((line) => ({ line_id: line.line_id, sku: line.sku, quantity: formatNumber(line.quantity, i18n.locale), price: line.list?.price === line.unit_price ? "" : formatNumber(line.unit_price, i18n.locale), reason: line.reason ?? "" })) ?? [
      { sku: "", quantity: "1", price: "", reason: "" },
    ],
  );
  const work = useWork();
  const set = (index: number, change: Partial<Row>) => setRows(rows.map((row, each) => (each === index ? { ...row, ...change } : row)));
  const read = (row: Row): NewQuoteLine => {
    const price = typedDecimal(row.price, i18n.locale);
    return { ...(row.line_id && { line_id: row.line_id }), sku: row.sku.trim(), quantity: typedDecimal(row.quantity, i18n.locale) ?? "0", ...(price !== null && { unit_price: price }), ...(row.reason.trim() && { reason: row.reason.trim() }) };
  };
  const lines = rows.filter((row) => row.sku.trim() !== "").map(read);
  const [asked] = useDebouncedValue(JSON.stringify(company && lines.length > 0 ? { company_id: company, currency, lines } : null), 350);
  const offer = useQuery({
    queryKey: ["price-offer", asked],
    enabled: asked !== "null",
    retry: false,
    placeholderData: keepPreviousData,
    queryFn: () => done(http.POST("/api/v1/price-offers", { body: JSON.parse(asked) as { company_id: string; currency: string; lines: NewQuoteLine[] } })),
  });
  const placeOf = (index: number) => rows.slice(0, index).filter((row) => row.sku.trim() !== "").length;
  const save = () =>
    work.run(async () => {
      const body: NewQuote = {
        company_id: company ?? "",
        channel_account_id: account ?? direct[0]?.id ?? "",
        currency,
        valid_until: until,
        note: note.trim() || null,
        deposit: percent.trim() ? { percent: percent.trim(), ...(quote?.deposit?.due_on && { due_on: quote.deposit.due_on }) } : null,
        lines,
      };
      const saved = quote
        ? await done(http.PUT("/api/v1/quotes/{id}", { params: { path: { id: quote.id }, header: { "If-Match": versionTag(quote.version) } }, body }))
        : await done(http.POST("/api/v1/quotes", { body }));
      await refresh("/api/v1/quotes", "/api/v1/approvals");
      onDone?.();
      void navigate({ to: "/quotes/$id", params: { id: saved.id } });
    });
  return (
    <Page title={quote ? say("number", { number: String(quote.number) }) : say("add")} width={1080}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Stack gap="md">
          <Panel title={say("facts")}>
            <Group grow align="flex-start">
              {quote ? <TextInput label={say("company")} readOnly value={quote.company.name} /> : <CompanySelect label={say("company")} value={company} onChange={setCompany} />}
              <Select label={say("account")} allowDeselect={false} data={direct.map(({ id, name }) => ({ value: id, label: name }))} value={account ?? direct[0]?.id ?? null} onChange={setAccount} />
              <TextInput type="date" label={say("validUntil")} required value={until} onChange={(event) => setUntil(event.currentTarget.value)} />
              <TextInput label={say("depositPercent")} description={say("depositHint")} inputWrapperOrder={["label", "input", "description", "error"]} inputMode="decimal" maxLength={8} value={percent} onChange={(event) => setPercent(event.currentTarget.value)} />
            </Group>
          </Panel>
          <Panel title={say("lines")}>
            <Stack gap="sm">
              {rows.map((row, index) => {
                const priced = row.sku.trim() ? offer.data?.lines[placeOf(index)] : undefined;
                const shown = priced?.sku === row.sku.trim() ? priced : undefined;
                return (
                  <Stack key={index} gap={4} role="group" aria-label={say("line", { number: index + 1 })}>
                    <Group gap="xs" align="flex-end" wrap="nowrap">
                      <TextInput flex={2} label={say("sku")} maxLength={100} value={row.sku} onChange={(event) => set(index, { sku: event.currentTarget.value })} />
                      <TextInput flex={1} label={say("quantity")} inputMode="decimal" value={row.quantity} onChange={(event) => set(index, { quantity: event.currentTarget.value })} />
                      <TextInput
                        flex={1}
                        label={say("price")}
                        inputMode="decimal"
                        {...(shown && { placeholder: formatNumber(shown.unit_price, i18n.locale) })}
                        value={row.price}
                        onChange={(event) => set(index, { price: event.currentTarget.value })}
                      />
                      <TextInput flex={2} label={say("reason")} maxLength={500} value={row.reason} onChange={(event) => set(index, { reason: event.currentTarget.value })} />
                      <ActionIcon variant="default" size={36} disabled={rows.length === 1} aria-label={say("removeLine", { number: index + 1 })} onClick={() => setRows(rows.toSpliced(index, 1))}>
                        <IconTrash size={16} />
                      </ActionIcon>
                    </Group>
                    {shown && (
                      <Group justify="space-between" gap="xs">
                        <Group gap="xs">
                          <PriceNotes line={shown} currency={currency} />
                        </Group>
                        <Amount of={shown.total} fz="sm" />
                      </Group>
                    )}
                  </Stack>
                );
              })}
              <Group justify="space-between">
                <Button size="compact-sm" variant="default" leftSection={<IconPlus size={14} />} disabled={rows.length >= linesMax} onClick={() => setRows([...rows, { sku: "", quantity: "1", price: "", reason: "" }])}>
                  {say("addLine")}
                </Button>
                <Group gap="xs">
                  <Text size="sm">{say("total")}</Text>
                  <Amount of={offer.data?.total} strong fz="lg" />
                </Group>
              </Group>
              <ProblemAlert problem={offer.error} />
            </Stack>
          </Panel>
          <Panel title={say("note")}>
            <Textarea aria-label={say("note")} autosize minRows={2} maxLength={2000} value={note} onChange={(event) => setNote(event.currentTarget.value)} />
          </Panel>
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={() => (onDone ? onDone() : void navigate({ to: "/quotes" }))}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy} disabled={!company || lines.length === 0}>
              {say("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Page>
  );
}
