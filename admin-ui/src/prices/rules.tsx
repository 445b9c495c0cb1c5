// Who approves which price: what may be given without asking, and the rules that say who signs beyond it. The first that matches counts.
import { ActionIcon, Button, Group, NumberInput, Select, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { done } from "../api/call";
import { api, http, refresh, versionTag } from "../api/client";
import type { PriceMatrix } from "../api/types_sales";
import { useWork } from "../parts/controls";
import { formatNumber, typedDecimal } from "../parts/decimal";
import { ProblemAlert, tell } from "../parts/problem";
import { Loaded, Page, Panel } from "../parts/section";
import { partWords } from "../parts/words";
import { useRoleName } from "../people/role_name";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { ruleWords } from "./rule_words";

const rulesMax = 50;
const daysMax = 366;
type Row = { discount: string; margin: string; amount: string; floor: boolean; first: string; second: string };

export function PriceRulesPage() {
  const say = useWords(ruleWords);
  const matrix = api.useQuery("get", "/api/v1/price-matrix");
  return (
    <Page title={say("title")} text={say("text")} width={1080}>
      <Loaded of={matrix}>{(data) => <Form key={data.version} matrix={data} />}</Loaded>
    </Page>
  );
}

function Form({ matrix }: { matrix: PriceMatrix }) {
  const say = useWords(ruleWords);
  const part = useWords(partWords);
  const may = useRight();
  const roleName = useRoleName();
  const { i18n } = useLingui();
  const fixed = !may("prices:manage");
  const roles = api.useQuery("get", "/api/v1/roles", { params: { query: { limit: 200 } } }, { enabled: may("people:read") });
  const roleOptions = (roles.data?.data ?? []).map(({ id, name }) => ({ value: id, label: roleName(name) }));
  const written = (text: string | null) => (text === null ? "" : formatNumber(text, i18n.locale));
  const [allowed, setAllowed] = useState(written(matrix.allowed_discount));
  const [margin, setMargin] = useState(written(matrix.margin_min));
  const [unlisted, setUnlisted] = useState(matrix.unlisted);
  const [answer, setAnswer] = useState(matrix.answer_days);
  const [freeze, setFreeze] = useState(matrix.freeze_days);
  const [rows, setRows] = useState<Row[]>(
    matrix.rules.map((rule) => ({ discount: written(rule.discount_above), margin: written(rule.margin_below), amount: written(rule.amount_above), floor: rule.below_floor, first: rule.steps[0] ?? "", second: rule.steps[1] ?? "" })),
  );
  const work = useWork();
  const set = (index: number, change: Partial<Row>) => setRows(rows.map((row, each) => (each === index ? { ...row, ...change } : row)));
  const read = (text: string) => typedDecimal(text, i18n.locale);
  const wrong = read(allowed) === null || rows.some((row) => !row.first);
  const save = () =>
    work.run(async () => {
      const body: Partial<PriceMatrix> = {
        allowed_discount: read(allowed) ?? "0",
        margin_min: read(margin),
        unlisted,
        currency: matrix.currency,
        answer_days: answer,
        freeze_days: freeze,
        rules: rows.map((row) => ({ discount_above: read(row.discount), margin_below: read(row.margin), amount_above: read(row.amount), below_floor: row.floor, steps: [row.first, row.second].filter(Boolean) })),
      };
      await done(http.PUT("/api/v1/price-matrix", { params: { header: { "If-Match": versionTag(matrix.version) } }, body }));
      await refresh("/api/v1/price-matrix");
      tell(say("saved"));
    });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Stack gap="md">
        <Panel title={say("free")}>
          <Stack gap="sm">
            <Group grow align="flex-start">
              <TextInput label={say("allowed")} inputMode="decimal" required disabled={fixed} value={allowed} onChange={(event) => setAllowed(event.currentTarget.value)} />
              <TextInput label={say("margin")} description={say("marginHint")} inputWrapperOrder={["label", "input", "description", "error"]} inputMode="decimal" disabled={fixed} value={margin} onChange={(event) => setMargin(event.currentTarget.value)} />
              <NumberInput label={say("answer")} min={1} max={daysMax} allowDecimal={false} disabled={fixed} value={answer} onChange={(days) => setAnswer(Number(days) || 1)} />
              <NumberInput label={say("freeze")} min={1} max={daysMax} allowDecimal={false} disabled={fixed} value={freeze} onChange={(days) => setFreeze(Number(days) || 1)} />
            </Group>
            <Switch label={say("unlisted")} disabled={fixed} checked={unlisted} onChange={(event) => setUnlisted(event.currentTarget.checked)} />
          </Stack>
        </Panel>
        <Panel title={say("rules")}>
          <Stack gap="sm">
            <Text size="sm" c="dimmed">
              {say("rulesText")}
            </Text>
            {rows.map((row, index) => (
              <Group key={index} gap="xs" align="flex-end" role="group" aria-label={say("rule", { number: index + 1 })}>
                <TextInput flex="1 1 110px" label={say("discountAbove")} inputMode="decimal" disabled={fixed} value={row.discount} onChange={(event) => set(index, { discount: event.currentTarget.value })} />
                <TextInput flex="1 1 110px" label={say("marginBelow")} inputMode="decimal" disabled={fixed} value={row.margin} onChange={(event) => set(index, { margin: event.currentTarget.value })} />
                <TextInput flex="1 1 130px" label={say("amountAbove", { currency: matrix.currency })} inputMode="decimal" disabled={fixed} value={row.amount} onChange={(event) => set(index, { amount: event.currentTarget.value })} />
                <Switch mb={8} label={say("floor")} disabled={fixed} checked={row.floor} onChange={(event) => set(index, { floor: event.currentTarget.checked })} />
                <Select flex="1 1 140px" label={say("first")} required allowDeselect={false} disabled={fixed} data={roleOptions} value={row.first || null} onChange={(role) => set(index, { first: role ?? "" })} />
                <Select flex="1 1 140px" label={say("second")} clearable disabled={fixed} data={roleOptions} value={row.second || null} onChange={(role) => set(index, { second: role ?? "" })} />
                {!fixed && (
                  <ActionIcon variant="default" size={36} aria-label={say("remove", { number: index + 1 })} onClick={() => setRows(rows.toSpliced(index, 1))}>
                    <IconTrash size={16} />
                  </ActionIcon>
                )}
              </Group>
            ))}
            {!fixed && (
              <Group>
                <Button size="compact-sm" variant="default" leftSection={<IconPlus size={14} />} disabled={rows.length >= rulesMax} onClick={() => setRows([...rows, { discount: "", margin: "", amount: "", floor: false, first: "", second: "" }])}>
                  {say("add")}
                </Button>
              </Group>
            )}
          </Stack>
        </Panel>
        <ProblemAlert problem={work.problem} />
        {!fixed && (
          <Group justify="flex-end">
            <Button type="submit" loading={work.busy} disabled={wrong}>
              {part("save")}
            </Button>
          </Group>
        )}
      </Stack>
    </form>
  );
}
