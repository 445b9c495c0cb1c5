// How money is treated: tax, rounding, points, chart of accounts.
import { Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useLingui } from "@lingui/react";
import { done } from "../api/call";
import { api, http, refresh, versionTag } from "../api/client";
import type { Problem } from "../api/types";
import type { FinanceChange, FinanceSettings } from "../api/types_ledger";
import { useWork } from "../parts/controls";
import { formatNumber, typedDecimal } from "../parts/decimal";
import { Moment } from "../parts/moment";
import { fieldErrors, ProblemAlert, tell } from "../parts/problem";
import { Loaded, Page, Panel } from "../parts/section";
import { partWords } from "../parts/words";
import { useActorName } from "../people/actor";
import { zones } from "../session/places";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { ledgerWords } from "./words";

export function FinanceSettingsPage() {
  const say = useWords(ledgerWords);
  const settings = api.useQuery("get", "/api/v1/finance/settings");
  return (
    <Page title={say("rules")} text={say("rulesText")} width={760}>
      <Loaded of={settings} rows={8}>
        {(data) => <Form key={data.version} settings={data} />}
      </Loaded>
    </Page>
  );
}

const fields = ["tax_treatment", "rounding", "rounding_scope", "points_as", "chart", "time_zone"] as const;
type Values = Pick<FinanceSettings, (typeof fields)[number]> & { default_tax_rate: string; points_carrying_ratio: string };

function Form({ settings }: { settings: FinanceSettings }) {
  const say = useWords(ledgerWords);
  const part = useWords(partWords);
  const may = useRight();
  const who = useActorName();
  const { i18n } = useLingui();
  const work = useWork();
  const fixed = !may("finance:close");
  const form = useForm<Values>({
    initialValues: {
      tax_treatment: settings.tax_treatment,
      rounding: settings.rounding,
      rounding_scope: settings.rounding_scope,
      points_as: settings.points_as,
      chart: settings.chart,
      time_zone: settings.time_zone,
      default_tax_rate: settings.default_tax_rate === null ? "" : formatNumber(settings.default_tax_rate, i18n.locale),
      points_carrying_ratio: formatNumber(settings.points_carrying_ratio, i18n.locale),
    },
  });
  const save = form.onSubmit((values) =>
    work.run(async () => {
      const body: FinanceChange = {
        ...Object.fromEntries(fields.filter((field) => values[field] !== settings[field]).map((field) => [field, values[field]])),
        ...(form.isDirty("default_tax_rate") && { default_tax_rate: values.default_tax_rate.trim() ? (typedDecimal(values.default_tax_rate, i18n.locale) ?? values.default_tax_rate) : null }),
        ...(form.isDirty("points_carrying_ratio") && { points_carrying_ratio: typedDecimal(values.points_carrying_ratio, i18n.locale) ?? values.points_carrying_ratio }),
      };
      try {
        await done(http.PATCH("/api/v1/finance/settings", { params: { header: { "If-Match": versionTag(settings.version) } }, body }));
        await refresh("/api/v1/finance/settings", "/api/v1/ledger/accounts", "/api/v1/ledger/trial-balance");
        tell(say("saved"));
      } catch (refused) {
        const problem = refused as Problem;
        form.setErrors(fieldErrors(problem));
        if (problem.status === 412) await refresh("/api/v1/finance/settings");
        throw refused;
      }
    }),
  );
  const select = (name: (typeof fields)[number], label: string, data: { value: string; label: string }[]) => (
    <Select label={label} allowDeselect={false} disabled={fixed} data={data} {...form.getInputProps(name)} />
  );
  return (
    <Panel>
      <form onSubmit={save}>
        <Stack gap="sm">
          <Group grow align="flex-start">
            {select("tax_treatment", say("tax"), [
              { value: "included", label: say("included") },
              { value: "on_top", label: say("on_top") },
            ])}
            <TextInput label={say("rate")} placeholder={say("rateHint")} inputMode="decimal" maxLength={8} disabled={fixed} {...form.getInputProps("default_tax_rate")} />
          </Group>
          <Group grow align="flex-start">
            {select("rounding", say("rounding"), (["half_up", "half_even", "truncate"] as const).map((value) => ({ value, label: say(value) })))}
            {select("rounding_scope", say("scope"), (["line", "document"] as const).map((value) => ({ value, label: say(value) })))}
          </Group>
          <Group grow align="flex-start">
            {select("points_as", say("pointsAs"), [
              { value: "tender", label: say("asTender") },
              { value: "discount", label: say("asDiscount") },
            ])}
            <TextInput label={say("carrying")} placeholder={say("carryingHint")} inputMode="decimal" maxLength={8} disabled={fixed} {...form.getInputProps("points_carrying_ratio")} />
          </Group>
          <Group grow align="flex-start">
            {select("chart", say("chart"), (["vn", "generic"] as const).map((value) => ({ value, label: say(value) })))}
            <Select label={say("zone")} data={zones()} searchable limit={60} allowDeselect={false} disabled={fixed} {...form.getInputProps("time_zone")} />
          </Group>
          <ProblemAlert problem={work.problem} />
          <Group justify="space-between">
            <Text size="xs" c="dimmed" component="div">
              <Moment at={settings.set_at} /> {say("setBy", { who: who(settings.set_by) })}
            </Text>
            {!fixed && (
              <Button type="submit" loading={work.busy} disabled={!form.isDirty()}>
                {part("save")}
              </Button>
            )}
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
