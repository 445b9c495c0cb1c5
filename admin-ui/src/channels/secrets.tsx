// The secrets of one account: never shown, only replaced.
import { Box, Button, Checkbox, Group, Modal, PasswordInput, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { done } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { ChannelAccount } from "../api/types_admin";
import { useWork } from "../parts/controls";
import { Moment } from "../parts/moment";
import { ProblemAlert, tell } from "../parts/problem";
import { Panel } from "../parts/section";
import { partWords } from "../parts/words";
import { useWords } from "../words/catalogue";
import { channelWords } from "./words";

const overlapMinutes = 60;

export function Secrets({ account, manages }: { account: ChannelAccount; manages: boolean }) {
  const say = useWords(channelWords);
  const connectors = api.useQuery("get", "/api/v1/connectors");
  const asked = connectors.data?.data.find((known) => known.kind === account.kind && known.connector === account.connector)?.secrets ?? [];
  const names = [...new Set([...asked.map((secret) => secret.name), ...account.secrets.map((secret) => secret.name)])];
  const [replacing, setReplacing] = useState<string | null>(null);
  if (names.length === 0) return null;
  const titleOf = (name: string) => asked.find((secret) => secret.name === name)?.title ?? name;
  return (
    <Panel title={say("secrets")}>
      <Text size="xs" c="dimmed" mb="sm">
        {say("secretsText")}
      </Text>
      <Stack gap="sm">
        {names.map((name) => {
          const stored = account.secrets.find((secret) => secret.name === name);
          return (
            <Group key={name} justify="space-between" wrap="nowrap">
              <Box>
                <Text size="sm">{titleOf(name)}</Text>
                <Text size="xs" c="dimmed" component="div">
                  {stored ? (
                    <>
                      {say("versions", { count: stored.versions })} {"· "}
                      <Moment at={stored.set_at} />
                    </>
                  ) : (
                    say("secretMissing")
                  )}
                </Text>
              </Box>
              {manages && (
                <Button flex="none" size="compact-xs" variant="default" onClick={() => setReplacing(name)} aria-label={`${say("replace")} ${titleOf(name)}`}>
                  {say("replace")}
                </Button>
              )}
            </Group>
          );
        })}
      </Stack>
      {replacing && <Replace account={account} name={replacing} title={titleOf(replacing)} onClose={() => setReplacing(null)} />}
    </Panel>
  );
}

function Replace({ account, name, title, onClose }: { account: ChannelAccount; name: string; title: string; onClose: () => void }) {
  const say = useWords(channelWords);
  const part = useWords(partWords);
  const [value, setValue] = useState("");
  const [keepOld, setKeepOld] = useState(true);
  const work = useWork();
  const save = () =>
    work.run(async () => {
      await done(
        http.PUT("/api/v1/channel-accounts/{id}/secrets/{name}", {
          params: { path: { id: account.id, name } },
          body: { value, ...(keepOld && { keep_old_minutes: overlapMinutes }) },
        }),
      );
      await refresh("/api/v1/channel-accounts");
      tell(say("replaced"));
      onClose();
    });
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Stack gap="sm">
          <PasswordInput label={say("newValue")} required autoComplete="off" data-autofocus value={value} onChange={(event) => setValue(event.currentTarget.value)} />
          <Checkbox label={say("keepOld")} checked={keepOld} onChange={(event) => setKeepOld(event.currentTarget.checked)} />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy} disabled={!value}>
              {say("replace")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
