// Which role may release which holds, up to which value. All limits are saved together.
import { ActionIcon, Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { done } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { HoldType } from "../api/types";
import type { ApprovalLimit } from "../api/types_credit";
import { AmountInput } from "../parts/amount_input";
import { useWork } from "../parts/controls";
import { formatNumber, typedDecimal } from "../parts/decimal";
import { ProblemAlert, tell } from "../parts/problem";
import { Loaded, Page, Panel } from "../parts/section";
import { usePair } from "../parts/track_badge";
import { holds } from "../parts/tracks";
import { partWords } from "../parts/words";
import { useRoleName } from "../people/role_name";
import { useRight, useSession } from "../session/session";
import { useWords } from "../words/catalogue";
import { LimitTabs } from "./tabs";
import { limitWords } from "./words";

const limitsMax = 200;
type Row = { role_id: string; hold_type: HoldType; amount: string; two: string; currency: string };

export function ApprovalLimitsPage() {
  const say = useWords(limitWords);
  const limits = api.useQuery("get", "/api/v1/approval-limits");
  return (
    <Page title={say("title")} text={say("text")} width={1080}>
      <LimitTabs />
      <Loaded of={limits}>{(answer) => <Form key={JSON.stringify(answer.data)} limits={answer.data} />}</Loaded>
    </Page>
  );
}

function Form({ limits }: { limits: ApprovalLimit[] }) {
  const say = useWords(limitWords);
  const part = useWords(partWords);
  const pair = usePair();
  const may = useRight();
  const roleName = useRoleName();
  const { i18n } = useLingui();
  const home = useSession()?.tenant?.currency ?? "";
  const roles = api.useQuery("get", "/api/v1/roles", { params: { query: { limit: 200 } } }, { enabled: may("people:read") });
  const written = (amount: string | undefined) => (amount === undefined ? "" : formatNumber(amount, i18n.locale));
  const [rows, setRows] = useState<Row[]>(
    limits.map((limit) => ({
      role_id: limit.role_id,
      hold_type: limit.hold_type,
      amount: written(limit.amount?.amount),
      two: written(limit.two_people_above?.amount),
      currency: limit.amount?.currency ?? limit.two_people_above?.currency ?? home,
    })),
  );
  const work = useWork();
  const fixed = !may("roles:manage");
  const known = [...limits.map(({ role_id, role_name }) => ({ id: role_id, name: role_name })), ...(roles.data?.data ?? [])];
  const roleOptions = known.filter(({ id }, index) => known.findIndex((each) => each.id === id) === index).map(({ id, name }) => ({ value: id, label: roleName(name) }));
  const set = (index: number, change: Partial<Row>) => setRows(rows.map((row, each) => (each === index ? { ...row, ...change } : row)));
  const wrong = rows.some((row) => !row.role_id || [row.amount, row.two].some((text) => text.trim() !== "" && typedDecimal(text, i18n.locale) === null));
  const money = (text: string, currency: string) => {
    const amount = typedDecimal(text, i18n.locale);
    return amount === null ? null : { amount, currency: currency.trim().toUpperCase() };
  };
  const save = () =>
    work.run(async () => {
      const body = { limits: rows.map((row) => ({ role_id: row.role_id, hold_type: row.hold_type, amount: money(row.amount, row.currency), two_people_above: money(row.two, row.currency) })) };
      await done(http.PUT("/api/v1/approval-limits", { body }));
      await refresh("/api/v1/approval-limits", "/api/v1/holds");
      tell(say("saved"));
    });
  return (
    <Panel>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Stack gap="sm">
          {rows.length === 0 && (
            <Text size="sm" c="dimmed">
              {say("none")}
            </Text>
          )}
          {rows.map((row, index) => (
            <Group key={index} gap="xs" align="flex-start" role="group" aria-label={say("row", { number: index + 1 })}>
              <Select flex="1 1 150px" label={say("role")} required allowDeselect={false} disabled={fixed} data={roleOptions} value={row.role_id || null} onChange={(role) => set(index, { role_id: role ?? "" })} />
              <Select
                flex="1 1 130px"
                label={say("type")}
                allowDeselect={false}
                disabled={fixed}
                data={Object.entries(holds).map(([value, look]) => ({ value, label: pair(look.name) }))}
                value={row.hold_type}
                onChange={(type) => set(index, { hold_type: (type ?? "credit") as HoldType })}
              />
              <div style={{ flex: "1 1 170px" }}>
                <AmountInput label={say("amount")} currency={row.currency} description={say("anyAmount")} value={row.amount} onChange={(amount) => set(index, { amount })} />
              </div>
              <div style={{ flex: "1 1 170px" }}>
                <AmountInput label={say("two")} currency={row.currency} description={say("twoHint")} value={row.two} onChange={(two) => set(index, { two })} />
              </div>
              <TextInput w={84} label={say("currency")} maxLength={3} disabled={fixed} value={row.currency} onChange={(event) => set(index, { currency: event.currentTarget.value })} />
              {!fixed && (
                <ActionIcon variant="default" size={36} mt={23} aria-label={say("remove", { number: index + 1 })} onClick={() => setRows(rows.toSpliced(index, 1))}>
                  <IconTrash size={16} />
                </ActionIcon>
              )}
            </Group>
          ))}
          <ProblemAlert problem={work.problem} />
          {!fixed && (
            <Group justify="space-between">
              <Button
                variant="default"
                size="xs"
                leftSection={<IconPlus size={14} />}
                disabled={rows.length >= limitsMax}
                onClick={() => setRows([...rows, { role_id: "", hold_type: "credit", amount: "", two: "", currency: home }])}
              >
                {say("add")}
              </Button>
              <Button type="submit" loading={work.busy} disabled={wrong}>
                {part("save")}
              </Button>
            </Group>
          )}
        </Stack>
      </form>
    </Panel>
  );
}
