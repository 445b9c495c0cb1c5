// What a plugin asks for, in plain words; each can be taken away.
import { Checkbox, Stack, Text } from "@mantine/core";
import { useLingui } from "@lingui/react";
import type { Declares, Grants } from "../api/types_admin";
import { useWords } from "../words/catalogue";
import { bytesText } from "./describe";
import { pluginWords } from "./words";

export function everything(declares: Declares): Grants {
  return { hosts: declares.hosts, secrets: declares.secrets.map((secret) => secret.name), kv: declares.kv_bytes > 0 };
}

type Props = { declares: Declares; grants: Grants; onChange?: (grants: Grants) => void };

export function GrantList({ declares, grants, onChange }: Props) {
  const say = useWords(pluginWords);
  const { i18n } = useLingui();
  const fixed = onChange === undefined;
  const turned = (list: string[], value: string, on: boolean) => (on ? [...list, value] : list.filter((each) => each !== value));
  const asksNothing = declares.hosts.length === 0 && declares.secrets.length === 0 && declares.kv_bytes === 0;
  return (
    <Stack gap={8}>
      {asksNothing && <Text size="sm">{say("asksNothing")}</Text>}
      {declares.hosts.map((host) => (
        <Checkbox
          key={host}
          label={say("reachHost", { host })}
          disabled={fixed}
          checked={grants.hosts.includes(host)}
          onChange={(event) => onChange?.({ ...grants, hosts: turned(grants.hosts, host, event.currentTarget.checked) })}
        />
      ))}
      {declares.secrets.map(({ name, title }) => (
        <Checkbox
          key={name}
          label={say("useSecret", { title: title || name })}
          disabled={fixed}
          checked={grants.secrets.includes(name)}
          onChange={(event) => onChange?.({ ...grants, secrets: turned(grants.secrets, name, event.currentTarget.checked) })}
        />
      ))}
      {declares.kv_bytes > 0 && (
        <Checkbox
          label={say("keepNotes", { bytes: bytesText(declares.kv_bytes, i18n.locale) })}
          disabled={fixed}
          checked={grants.kv}
          onChange={(event) => onChange?.({ ...grants, kv: event.currentTarget.checked })}
        />
      )}
      {declares.data.length > 0 && (
        <Text size="xs" c="dimmed">
          {say("seesData", { data: declares.data.join(", ") })}
        </Text>
      )}
      <Text size="xs" c="dimmed">
        {say("never")}
      </Text>
    </Stack>
  );
}
