// API keys: made, shown once, revoked.
import { Button, Code, Group, Modal, Paper, Stack, Table, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { done, flat, paging } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { ApiKey } from "../api/types_admin";
import { dayStart } from "../orders/list/filters";
import { Copyable, MoreButton, Sure, useWork } from "../parts/controls";
import { Moment } from "../parts/moment";
import { ProblemAlert } from "../parts/problem";
import { Empty, Loaded, Page } from "../parts/section";
import { partWords } from "../parts/words";
import { RightList, useRightName } from "../people/right_list";
import { useSession, useTenantZone } from "../session/session";
import { useWords } from "../words/catalogue";
import { keyWords } from "./words";
import { Wide } from "../parts/wide";

const scopesShown = 3;

export function KeysPage() {
  const say = useWords(keyWords);
  const right = useRightName();
  const [opened, dialog] = useDisclosure(false);
  const keys = api.useInfiniteQuery("get", "/api/v1/api-keys", { params: { query: { limit: 50 } } }, paging);
  const create = (
    <Button leftSection={<IconPlus size={16} />} onClick={dialog.open}>
      {say("create")}
    </Button>
  );
  const scopes = (key: ApiKey) => {
    const names = key.scopes.map(right);
    const rest = names.length - scopesShown;
    return names.slice(0, scopesShown).join(", ") + (rest > 0 ? ` +${rest}` : "");
  };
  return (
    <Page title={say("title")} text={say("text")} aside={create}>
      <Paper style={{ overflow: "hidden" }}>
        <Loaded of={keys} isEmpty={(data) => flat(data).length === 0} empty={<Empty title={say("none")} text={say("noneText")} action={create} />}>
          {(data) => (
            <Wide>
              <Table fz="sm" miw={780}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{say("name")}</Table.Th>
                    <Table.Th>{say("prefix")}</Table.Th>
                    <Table.Th>{say("scopes")}</Table.Th>
                    <Table.Th>{say("created")}</Table.Th>
                    <Table.Th>{say("used")}</Table.Th>
                    <Table.Th>{say("expires")}</Table.Th>
                    <Table.Th />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {flat(data).map((key) => (
                    <Table.Tr key={key.id}>
                      <Table.Td fw={560}>{key.name}</Table.Td>
                      <Table.Td>
                        <Code>{key.prefix}</Code>
                      </Table.Td>
                      <Table.Td title={key.scopes.map(right).join(", ")}>{scopes(key)}</Table.Td>
                      <Table.Td>
                        <Moment at={key.created_at} />
                      </Table.Td>
                      <Table.Td>{key.last_used_at ? <Moment at={key.last_used_at} age /> : say("never")}</Table.Td>
                      <Table.Td>{key.expires_at ? <Moment at={key.expires_at} /> : say("noEnd")}</Table.Td>
                      <Table.Td ta="right">
                        <Sure
                          title={say("revokeTitle", { name: key.name })}
                          text={say("revokeText")}
                          action={say("revoke")}
                          onSure={async () => {
                            await done(http.DELETE("/api/v1/api-keys/{id}", { params: { path: { id: key.id } } }));
                            await refresh("/api/v1/api-keys");
                          }}
                        >
                          {(ask) => (
                            <Button size="compact-xs" variant="default" onClick={ask} aria-label={say("revokeName", { name: key.name })}>
                              {say("revoke")}
                            </Button>
                          )}
                        </Sure>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Wide>
          )}
        </Loaded>
        <MoreButton of={keys} />
      </Paper>
      {opened && <Create onClose={dialog.close} />}
    </Page>
  );
}

function Create({ onClose }: { onClose: () => void }) {
  const say = useWords(keyWords);
  const part = useWords(partWords);
  const zone = useTenantZone();
  const mine = useSession()?.rights ?? [];
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>(mine.filter((right) => right === "orders:read" || right === "orders:create"));
  const [ends, setEnds] = useState("");
  const [made, setMade] = useState<ApiKey | null>(null);
  const work = useWork();
  const create = () =>
    work.run(async () => {
      const body = { name: name.trim(), scopes, ...(ends && { expires_at: dayStart(ends, zone) }) };
      setMade(await done(http.POST("/api/v1/api-keys", { body })));
      await refresh("/api/v1/api-keys");
    });
  if (made) {
    return (
      <Modal opened onClose={onClose} title={say("madeTitle")} closeOnClickOutside={false} closeOnEscape={false} withCloseButton={false}>
        <Stack gap="md">
          <Text size="sm">{say("madeText")}</Text>
          <Copyable text={made.secret ?? ""} />
          <Group justify="flex-end">
            <Button onClick={onClose}>{say("gotIt")}</Button>
          </Group>
        </Stack>
      </Modal>
    );
  }
  return (
    <Modal opened onClose={onClose} size="lg" title={say("create")} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        <Stack gap="md">
          <TextInput label={say("name")} description={say("nameHint")} required maxLength={60} data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <RightList all={mine} chosen={scopes} onChange={setScopes} />
          <TextInput type="date" label={say("expires")} description={say("expiresHint")} maw={220} value={ends} onChange={(event) => setEnds(event.currentTarget.value)} />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy} disabled={!name.trim() || scopes.length === 0}>
              {say("make")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
