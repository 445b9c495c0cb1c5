// Name and settings of one account, as its connector asks for them.
import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { done } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { Problem } from "../api/types";
import type { ChannelAccount } from "../api/types_admin";
import { useWork } from "../parts/controls";
import { fieldErrors, ProblemAlert, tell } from "../parts/problem";
import { Panel } from "../parts/section";
import { partWords } from "../parts/words";
import { useWords } from "../words/catalogue";
import { channelWords } from "./words";

export function Settings({ account, manages }: { account: ChannelAccount; manages: boolean }) {
  const say = useWords(channelWords);
  const part = useWords(partWords);
  const connectors = api.useQuery("get", "/api/v1/connectors");
  const asked = connectors.data?.data.find((known) => known.kind === account.kind && known.connector === account.connector)?.settings ?? [];
  const keys = [...new Set([...asked.map((setting) => setting.key), ...Object.keys(account.settings)])];
  const titleOf = (key: string) => asked.find((setting) => setting.key === key)?.title ?? key;
  const form = useForm({ initialValues: { name: account.name, settings: account.settings } });
  const work = useWork();
  const save = form.onSubmit((values) =>
    work.run(async () => {
      try {
        const settings = Object.fromEntries(Object.entries(values.settings).filter(([, value]) => value !== undefined));
        await done(
          http.PATCH("/api/v1/channel-accounts/{id}", { params: { path: { id: account.id } }, body: { name: values.name.trim(), settings } }),
        );
        await refresh("/api/v1/channel-accounts");
        form.resetDirty();
        tell(say("saved"));
      } catch (problem) {
        form.setErrors(fieldErrors(problem as Problem));
        throw problem;
      }
    }),
  );
  if (!manages) {
    return (
      <Panel title={say("settings")}>
        <Stack gap={6}>
          {keys.map((key) => (
            <Group key={key} justify="space-between">
              <Text size="sm" c="dimmed">
                {titleOf(key)}
              </Text>
              <Text size="sm">{account.settings[key] ?? "–"}</Text>
            </Group>
          ))}
        </Stack>
      </Panel>
    );
  }
  return (
    <Panel title={say("settings")}>
      <form onSubmit={save}>
        <Stack gap="sm">
          <TextInput label={say("name")} required maxLength={120} {...form.getInputProps("name")} />
          {keys.map((key) => (
            <TextInput key={key} label={titleOf(key)} {...form.getInputProps(`settings.${key}`)} value={form.values.settings[key] ?? ""} />
          ))}
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end">
            <Button type="submit" size="xs" loading={work.busy} disabled={!form.isDirty()}>
              {part("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
