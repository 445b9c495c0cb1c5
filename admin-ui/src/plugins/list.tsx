// What is installed, and what could be.
import { Anchor, Badge, Button, Group, Modal, Paper, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconUpload } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { done, flat, paging } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { Plugin } from "../api/types_admin";
import { MoreButton, useWork } from "../parts/controls";
import { Moment } from "../parts/moment";
import { ProblemAlert } from "../parts/problem";
import { Empty, Loaded, Page } from "../parts/section";
import { partWords } from "../parts/words";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { kindWord, pluginName } from "./describe";
import { everything, GrantList } from "./grants";
import { InstallationState } from "./state";
import { UploadPlugin } from "./upload";
import { pluginWords } from "./words";
import { Wide } from "../parts/wide";

export function PluginListPage() {
  const say = useWords(pluginWords);
  const may = useRight();
  const [uploading, upload] = useDisclosure(false);
  const [installing, setInstalling] = useState<Plugin | null>(null);
  const installations = api.useInfiniteQuery("get", "/api/v1/installations", { params: { query: { limit: 50 } } }, paging);
  const plugins = api.useInfiniteQuery("get", "/api/v1/plugins", { params: { query: { limit: 50 } } }, paging);
  const kind = (of: string) => {
    const word = kindWord(of);
    return word ? say(word) : of;
  };
  return (
    <Page
      title={say("title")}
      text={say("text")}
      aside={
        may("plugins:install") && (
          <Button variant="default" leftSection={<IconUpload size={16} />} onClick={upload.open}>
            {say("upload")}
          </Button>
        )
      }
    >
      <Stack gap="lg">
        <section>
          <Title order={2} mb={8}>
            {say("installed")}
          </Title>
          <Paper style={{ overflow: "hidden" }}>
            <Loaded of={installations} isEmpty={(data) => flat(data).length === 0} empty={<Empty title={say("noneInstalled")} text={say("noneInstalledText")} />}>
              {(data) => (
                <Wide>
                  <Table fz="sm" miw={600} highlightOnHover highlightOnHoverColor="var(--hover)">
                    <Table.Thead>
                      <Table.Tr>
                        <Table.Th>{say("title")}</Table.Th>
                        <Table.Th>{say("kind")}</Table.Th>
                        <Table.Th>{say("version")}</Table.Th>
                        <Table.Th>{say("state")}</Table.Th>
                        <Table.Th>{say("since")}</Table.Th>
                      </Table.Tr>
                    </Table.Thead>
                    <Table.Tbody>
                      {flat(data).map((each) => (
                        <Table.Tr key={each.id}>
                          <Table.Td>
                            <Anchor component={Link} to={`/plugins/${each.id}`} size="sm" fw={560} c="var(--mantine-color-text)">
                              {pluginName(each.plugin)}
                            </Anchor>
                          </Table.Td>
                          <Table.Td>{kind(each.plugin.kind)}</Table.Td>
                          <Table.Td>{each.plugin.version}</Table.Td>
                          <Table.Td>
                            <InstallationState of={each} />
                          </Table.Td>
                          <Table.Td>
                            <Moment at={each.installed_at} />
                          </Table.Td>
                        </Table.Tr>
                      ))}
                    </Table.Tbody>
                  </Table>
                </Wide>
              )}
            </Loaded>
            <MoreButton of={installations} />
          </Paper>
        </section>
        <section>
          <Title order={2} mb={8}>
            {say("catalogue")}
          </Title>
          <Loaded of={plugins} isEmpty={(data) => flat(data).length === 0} empty={<Empty title={say("noneAvailable")} />}>
            {(data) => (
              <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="sm">
                {flat(data).map((plugin) => (
                  <Paper key={plugin.id} p="md">
                    <Group justify="space-between" wrap="nowrap" align="flex-start">
                      <Text fw={600} size="sm">
                        {pluginName(plugin)}
                      </Text>
                      <Text size="xs" c="dimmed">
                        {plugin.version}
                      </Text>
                    </Group>
                    <Text size="xs" c="dimmed" mt={2}>
                      {kind(plugin.kind)}
                    </Text>
                    <Group justify="space-between" mt="sm">
                      {plugin.bundled ? (
                        <Badge variant="default" radius="sm" tt="none" fw={500}>
                          {say("bundled")}
                        </Badge>
                      ) : (
                        <span />
                      )}
                      {may("plugins:install") && (
                        <Button size="compact-sm" variant="default" onClick={() => setInstalling(plugin)} aria-label={`${say("install")} ${pluginName(plugin)}`}>
                          {say("install")}
                        </Button>
                      )}
                    </Group>
                  </Paper>
                ))}
              </SimpleGrid>
            )}
          </Loaded>
          <MoreButton of={plugins} />
        </section>
      </Stack>
      <UploadPlugin opened={uploading} onClose={upload.close} />
      {installing && <Install plugin={installing} onClose={() => setInstalling(null)} />}
    </Page>
  );
}

function Install({ plugin, onClose }: { plugin: Plugin; onClose: () => void }) {
  const say = useWords(pluginWords);
  const part = useWords(partWords);
  const navigate = useNavigate();
  const [grants, setGrants] = useState(everything(plugin.declares));
  const work = useWork();
  const install = () =>
    work.run(async () => {
      const made = await done(http.POST("/api/v1/installations", { body: { plugin_id: plugin.id, grants } }));
      await refresh("/api/v1/installations");
      await navigate({ to: "/plugins/$id", params: { id: made.id } });
    });
  return (
    <Modal opened onClose={onClose} title={say("installTitle", { name: pluginName(plugin) })} closeButtonProps={{ "aria-label": part("close") }}>
      <Stack gap="md">
        <Text size="sm">{say("grantsText")}</Text>
        <GrantList declares={plugin.declares} grants={grants} onChange={setGrants} />
        <ProblemAlert problem={work.problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {part("cancel")}
          </Button>
          <Button loading={work.busy} onClick={() => void install()}>
            {say("install")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
