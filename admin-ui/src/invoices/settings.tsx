// How tax invoices are issued: the seller, the rules, the series, the moment.
import { Button, Checkbox, Group, Select, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { done } from "../api/call";
import { api, http, refresh, versionTag } from "../api/client";
import type { Problem } from "../api/types";
import type { InvoiceSettingsState, NewInvoiceSettings } from "../api/types_invoices";
import { useWork } from "../parts/controls";
import { Moment } from "../parts/moment";
import { fieldErrors, ProblemAlert, tell } from "../parts/problem";
import { Loaded, Page, Panel } from "../parts/section";
import { partWords } from "../parts/words";
import { useActorName } from "../people/actor";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { InvoiceTabs } from "./tabs";
import { invoiceWords } from "./words";

export function InvoiceSettingsPage() {
  const say = useWords(invoiceWords);
  const settings = api.useQuery("get", "/api/v1/invoice-settings");
  return (
    <Page title={say("title")} text={say("settingsText")}>
      <InvoiceTabs />
      <Loaded of={settings} rows={8}>
        {(data) => <Form key={data.version} state={data} />}
      </Loaded>
    </Page>
  );
}

type Values = { [Name in keyof NewInvoiceSettings]: NewInvoiceSettings[Name] extends boolean ? boolean : string };

function Form({ state }: { state: InvoiceSettingsState }) {
  const say = useWords(invoiceWords);
  const part = useWords(partWords);
  const may = useRight();
  const who = useActorName();
  const work = useWork();
  const fixed = !may("finance:close");
  const accounts = api.useQuery("get", "/api/v1/channel-accounts", { params: { query: { limit: 200 } } }, { enabled: may("channels:read") });
  const providers = (accounts.data?.data ?? []).filter(({ kind, state }) => kind === "einvoice" && state !== "disconnected");
  const { settings } = state;
  const form = useForm<Values>({
    initialValues: {
      legal_name: settings?.legal_name ?? "",
      tax_id: settings?.tax_id ?? "",
      address: settings?.address ?? "",
      city: settings?.city ?? "",
      postcode: settings?.postcode ?? "",
      country: settings?.country ?? "",
      regime: settings?.regime ?? state.regimes[0]?.word ?? "",
      series: settings?.series ?? "",
      credit_series: settings?.credit_series ?? "",
      issue_on: settings?.issue_on ?? "manual",
      correct_returns: settings?.correct_returns ?? false,
      zero_rate: settings?.zero_rate ?? "",
      exemption_reason: settings?.exemption_reason ?? "",
      consumer_name: settings?.consumer_name ?? "",
      paper_colour: settings?.paper_colour ?? "",
      paper_footer: settings?.paper_footer ?? "",
      provider_account_id: settings?.provider_account_id ?? "",
    },
  });
  const regime = state.regimes.find(({ word }) => word === form.values.regime);
  const save = form.onSubmit((values) =>
    work.run(async () => {
      const filled = (text: string) => text.trim() || null;
      const body: NewInvoiceSettings = {
        ...values,
        issue_on: values.issue_on as NewInvoiceSettings["issue_on"],
        postcode: filled(values.postcode),
        credit_series: regime?.one_series ? null : filled(values.credit_series),
        zero_rate: filled(values.zero_rate),
        exemption_reason: filled(values.exemption_reason),
        consumer_name: filled(values.consumer_name),
        paper_colour: filled(values.paper_colour),
        paper_footer: filled(values.paper_footer),
        provider_account_id: filled(values.provider_account_id),
      };
      try {
        await done(http.PUT("/api/v1/invoice-settings", { params: { header: { "If-Match": versionTag(state.version) } }, body }));
        await refresh("/api/v1/invoice-settings");
        tell(say("saved"));
      } catch (refused) {
        const problem = refused as Problem;
        form.setErrors(fieldErrors(problem));
        if (problem.status === 412) await refresh("/api/v1/invoice-settings");
        throw refused;
      }
    }),
  );
  const text = (name: keyof Values, label: string, more: { required?: boolean; maxLength?: number; description?: string; placeholder?: string } = {}) => (
    <TextInput label={label} disabled={fixed} maxLength={200} inputWrapperOrder={["label", "input", "description", "error"]} {...more} {...form.getInputProps(name)} />
  );
  const regimeName = (word: string) => (word === "eu-en16931" || word === "vn-2026-07" ? say(word) : word);
  return (
    <Panel>
      <form onSubmit={save} style={{ maxWidth: 760 }}>
        <Stack gap="sm">
          <Group grow align="flex-start">
            <Select
              label={say("regime")}
              allowDeselect={false}
              disabled={fixed}
              data={state.regimes.map(({ word }) => ({ value: word, label: regimeName(word) }))}
              {...form.getInputProps("regime")}
              onChange={(word) => {
                form.setFieldValue("regime", word ?? "");
                // Words of one regime mean nothing in another.
                form.setFieldValue("zero_rate", "");
              }}
            />
            {text("country", say("country"), { required: true, maxLength: 2 })}
          </Group>
          <Group grow align="flex-start">
            {text("legal_name", say("legalName"), { required: true })}
            {text("tax_id", say("taxId"), { required: true })}
          </Group>
          <Group grow align="flex-start">
            {text("address", say("address"), { required: true })}
            {text("city", say("city"), { required: true })}
            {text("postcode", say("postcode"))}
          </Group>
          <Group grow align="flex-start">
            {text("series", say("series"), { required: true, ...(regime && { description: say("example", { example: regime.example }) }) })}
            {regime && !regime.one_series && text("credit_series", say("creditSeries"))}
          </Group>
          <Select
            label={say("issueOn")}
            allowDeselect={false}
            disabled={fixed}
            data={(["manual", "ship", "pay", "day_end"] as const).map((value) => ({ value, label: say(value) }))}
            {...form.getInputProps("issue_on")}
          />
          <Select
            label={say("provider_account")}
            description={say("providerHint")}
            inputWrapperOrder={["label", "input", "description", "error"]}
            allowDeselect={false}
            disabled={fixed}
            data={[{ value: "", label: say("byHand") }, ...providers.map(({ id, name }) => ({ value: id, label: name }))]}
            {...form.getInputProps("provider_account_id")}
          />
          {form.values.issue_on !== "manual" && <Checkbox label={say("correctReturns")} disabled={fixed} {...form.getInputProps("correct_returns", { type: "checkbox" })} />}
          {settings?.automatic_since && form.values.issue_on !== "manual" && (
            <Text size="xs" c="dimmed" component="div">
              {say("since")} <Moment at={settings.automatic_since} />
            </Text>
          )}
          <Group grow align="flex-start">
            <Select
              label={say("zeroRate")}
              disabled={fixed}
              allowDeselect={false}
              data={(regime?.zero_rates ?? []).map((value, index) => ({ value: index === 0 ? "" : value, label: value === "auto" ? say("zeroAuto") : value }))}
              {...form.getInputProps("zero_rate")}
              value={form.values.zero_rate === regime?.zero_rates[0] ? "" : form.values.zero_rate}
            />
            {text("exemption_reason", say("exemption"))}
          </Group>
          {text("consumer_name", say("consumer"), { placeholder: say("consumerHint") })}
          <Group grow align="flex-start">
            {text("paper_colour", say("paperColour"), { maxLength: 7, description: say("paperColourHint") })}
            <Textarea label={say("paperFooter")} description={say("paperFooterHint")} disabled={fixed} autosize minRows={1} maxRows={6} maxLength={500} inputWrapperOrder={["label", "input", "description", "error"]} {...form.getInputProps("paper_footer")} />
          </Group>
          <ProblemAlert problem={work.problem} />
          <Group justify="space-between">
            <Text size="xs" c="dimmed" component="div">
              {settings && (
                <>
                  <Moment at={settings.set_at} /> {say("setBy", { who: who(settings.set_by) })}
                </>
              )}
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
