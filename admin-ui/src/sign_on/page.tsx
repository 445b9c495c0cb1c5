// The tenant's own identity providers.
import { Button, Group, Paper, Stack, Table, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { done, flat, paging } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { OidcConnection } from "../api/types_admin";
import { Copyable, MoreButton, Sure } from "../parts/controls";
import { Empty, Loaded, Page, Panel } from "../parts/section";
import { ToneBadge } from "../parts/track_badge";
import { useWords } from "../words/catalogue";
import { ConnectionForm } from "./form";
import { signOnWords } from "./words";
import { Wide } from "../parts/wide";

export function SignOnPage() {
  const say = useWords(signOnWords);
  const [open, setOpen] = useState<{ connection: OidcConnection | null } | null>(null);
  const connections = api.useInfiniteQuery("get", "/api/v1/oidc-connections", { params: { query: { limit: 50 } } }, paging);
  const add = (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setOpen({ connection: null })}>
      {say("add")}
    </Button>
  );
  return (
    <Page title={say("title")} text={say("text")} aside={add}>
      <Stack gap="md">
        <Paper style={{ overflow: "hidden" }}>
          <Loaded of={connections} rows={3} isEmpty={(data) => flat(data).length === 0} empty={<Empty title={say("none")} text={say("noneText")} action={add} />}>
            {(data) => (
              <Wide>
                <Table fz="sm" miw={600}>
                  <Table.Tbody>
                    {flat(data).map((connection) => (
                      <Table.Tr key={connection.id}>
                        <Table.Td>
                          <Text size="sm" fw={560}>
                            {connection.name}
                          </Text>
                          <Text size="xs" c="dimmed">
                            {connection.issuer}
                          </Text>
                        </Table.Td>
                        <Table.Td>{connection.join_domains.join(", ")}</Table.Td>
                        <Table.Td>
                          <ToneBadge tone={connection.enabled ? "good" : "quiet"}>{say(connection.enabled ? "on" : "off")}</ToneBadge>
                        </Table.Td>
                        <Table.Td>
                          <Group gap="xs" justify="flex-end" wrap="nowrap">
                            <Button size="compact-xs" variant="default" aria-label={say("editName", { name: connection.name })} onClick={() => setOpen({ connection })}>
                              {say("edit")}
                            </Button>
                            <Sure
                              title={say("removeTitle", { name: connection.name })}
                              text={say("removeText")}
                              action={say("remove")}
                              onSure={async () => {
                                await done(http.DELETE("/api/v1/oidc-connections/{id}", { params: { path: { id: connection.id } } }));
                                await refresh("/api/v1/oidc-connections");
                              }}
                            >
                              {(ask) => (
                                <Button size="compact-xs" variant="default" c="var(--mantine-color-error)" onClick={ask}>
                                  {say("remove")}
                                </Button>
                              )}
                            </Sure>
                          </Group>
                        </Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </Wide>
            )}
          </Loaded>
          <MoreButton of={connections} />
        </Paper>
        <Panel title={say("callback")}>
          <Copyable text={`${window.location.origin}/api/v1/oidc/callback`} />
        </Panel>
      </Stack>
      {open && <ConnectionForm connection={open.connection} onClose={() => setOpen(null)} />}
    </Page>
  );
}
