// What the company is called and where it lives.
import { Button, Group, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useLingui } from "@lingui/react";
import { done } from "../api/call";
import { api, http, queries, refresh } from "../api/client";
import type { Problem, Tenant } from "../api/types";
import { useWork } from "../parts/controls";
import { fieldErrors, ProblemAlert, tell } from "../parts/problem";
import { Loaded, Page, Panel } from "../parts/section";
import { partWords } from "../parts/words";
import { zones } from "../session/places";
import { sessionQuery } from "../session/session";
import { asLocale, useWords } from "../words/catalogue";
import { companyWords } from "./words";

export function CompanyPage() {
  const say = useWords(companyWords);
  const tenant = api.useQuery("get", "/api/v1/tenant");
  return (
    <Page title={say("title")} width={720}>
      <Loaded of={tenant}>{(data) => <Form key={data.id} tenant={data} />}</Loaded>
    </Page>
  );
}

function Form({ tenant }: { tenant: Tenant }) {
  const say = useWords(companyWords);
  const part = useWords(partWords);
  const { i18n } = useLingui();
  const work = useWork();
  const form = useForm({ initialValues: { name: tenant.name, time_zone: tenant.time_zone, locale: asLocale(tenant.locale) as string } });
  const save = form.onSubmit((values) =>
    work.run(async () => {
      try {
        await done(http.PATCH("/api/v1/tenant", { body: { ...values, name: values.name.trim() } }));
        await Promise.all([refresh("/api/v1/tenant"), queries.invalidateQueries({ queryKey: sessionQuery.queryKey })]);
        form.resetDirty();
        tell(say("saved"));
      } catch (problem) {
        form.setErrors(fieldErrors(problem as Problem));
        throw problem;
      }
    }),
  );
  const country = new Intl.DisplayNames(i18n.locale, { type: "region" }).of(tenant.country) ?? tenant.country;
  return (
    <Panel>
      <form onSubmit={save}>
        <Stack gap="sm">
          <TextInput label={say("name")} required maxLength={120} {...form.getInputProps("name")} />
          <Select label={say("zone")} description={say("zoneHint")} data={zones()} searchable limit={60} allowDeselect={false} {...form.getInputProps("time_zone")} />
          <Select
            label={say("language")}
            allowDeselect={false}
            data={[
              { value: "vi", label: say("vietnamese") },
              { value: "en", label: say("english") },
            ]}
            {...form.getInputProps("locale")}
          />
          <Group grow align="flex-start">
            <TextInput label={say("slug")} description={say("fixed")} value={tenant.slug} readOnly />
            <TextInput label={say("country")} description={say("fixed")} value={country} readOnly />
            <TextInput label={say("currency")} description={say("fixed")} value={tenant.currency} readOnly />
          </Group>
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end">
            <Button type="submit" loading={work.busy} disabled={!form.isDirty()}>
              {part("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
