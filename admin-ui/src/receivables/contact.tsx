// Whom to write to about what a company owes, in which language, or not at all.
import { Button, Group, Select, Stack, Switch, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { done } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { DebtorContact } from "../api/types_receivables";
import { useWork } from "../parts/controls";
import { ProblemAlert, tell } from "../parts/problem";
import { Loaded, Panel } from "../parts/section";
import { partWords } from "../parts/words";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { receivableWords } from "./words";

export function Contact({ company }: { company: string }) {
  const say = useWords(receivableWords);
  const contact = api.useQuery("get", "/api/v1/receivables/companies/{id}/contact", { params: { path: { id: company } } });
  return (
    <Panel title={say("contact")}>
      <Loaded of={contact} rows={4}>
        {(known) => <Form key={JSON.stringify(known)} company={company} known={known} />}
      </Loaded>
    </Panel>
  );
}

function Form({ company, known }: { company: string; known: DebtorContact }) {
  const say = useWords(receivableWords);
  const part = useWords(partWords);
  const fixed = !useRight()("receivables:manage");
  const [form, setForm] = useState(known);
  const work = useWork();
  const set = (change: Partial<DebtorContact>) => setForm({ ...form, ...change });
  const save = () =>
    work.run(async () => {
      await done(http.PUT("/api/v1/receivables/companies/{id}/contact", { params: { path: { id: company } }, body: form }));
      await refresh("/api/v1/receivables");
      tell(say("saved"));
    });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Stack gap="sm">
        <Group grow align="flex-start">
          <TextInput label={say("email")} type="email" maxLength={254} disabled={fixed} value={form.email ?? ""} onChange={(event) => set({ email: event.currentTarget.value || null })} />
          <Select
            label={say("language")}
            allowDeselect={false}
            disabled={fixed}
            data={[
              { value: "vi", label: say("vietnamese") },
              { value: "en", label: say("english") },
            ]}
            value={form.language}
            onChange={(language) => set({ language: language ?? "vi" })}
          />
        </Group>
        <Switch label={say("silent")} disabled={fixed} checked={form.silent} onChange={(event) => set({ silent: event.currentTarget.checked })} />
        <Textarea label={say("contactNote")} autosize minRows={1} maxLength={500} disabled={fixed} value={form.note ?? ""} onChange={(event) => set({ note: event.currentTarget.value || null })} />
        <ProblemAlert problem={work.problem} />
        {!fixed && (
          <Group justify="flex-end">
            <Button type="submit" variant="default" loading={work.busy} disabled={JSON.stringify(form) === JSON.stringify(known)}>
              {part("save")}
            </Button>
          </Group>
        )}
      </Stack>
    </form>
  );
}
