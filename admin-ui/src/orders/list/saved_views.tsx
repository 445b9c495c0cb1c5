// Saved views: a name for a query and its columns, private or for the whole company.
import { ActionIcon, Button, Checkbox, Group, Menu, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBookmark, IconPlus, IconTrash, IconUsers } from "@tabler/icons-react";
import { useState } from "react";
import { done } from "../../api/call";
import { api, http, refresh } from "../../api/client";
import { useWork } from "../../parts/controls";
import { ProblemAlert, tell, tellProblem } from "../../parts/problem";
import { partWords } from "../../parts/words";
import { useWords } from "../../words/catalogue";
import { orderWords } from "../words";
import { fromQueryText, type OrderFilters, toQueryText } from "./filters";

type Props = { filters: OrderFilters; columns: string[]; onOpen: (filters: OrderFilters, columns: string[]) => void };

export function SavedViews({ filters, columns, onOpen }: Props) {
  const say = useWords(orderWords);
  const views = api.useQuery("get", "/api/v1/saved-views", { params: { query: { limit: 200 } } });
  const [saving, dialog] = useDisclosure(false);
  const list = views.data?.data ?? [];
  const remove = async (id: string) => {
    try {
      await done(http.DELETE("/api/v1/saved-views/{id}", { params: { path: { id } } }));
      await refresh("/api/v1/saved-views");
    } catch (problem) {
      tellProblem(problem);
    }
  };
  return (
    <>
      <Menu width={270} position="bottom-end">
        <Menu.Target>
          <Button variant="default" size="xs" h={32} leftSection={<IconBookmark size={15} />}>
            {say("savedViews")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown mah={420} style={{ overflowY: "auto" }}>
          {list.length === 0 && (
            <Text size="sm" c="dimmed" px="sm" py={6}>
              {say("noViews")}
            </Text>
          )}
          {list.map((view) => (
            <Group key={view.id} gap={0} wrap="nowrap">
              <Menu.Item flex={1} miw={0} onClick={() => onOpen(fromQueryText(view.query), view.columns)} rightSection={view.shared ? <IconUsers size={14} aria-label={say("shared")} /> : null}>
                <Text size="sm" truncate>
                  {view.name}
                </Text>
              </Menu.Item>
              {view.own && (
                <ActionIcon variant="subtle" color="gray" size="sm" mr={6} aria-label={say("deleteView", { name: view.name })} onClick={() => void remove(view.id)}>
                  <IconTrash size={14} />
                </ActionIcon>
              )}
            </Group>
          ))}
          <Menu.Divider />
          <Menu.Item leftSection={<IconPlus size={15} />} onClick={dialog.open}>
            {say("saveView")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <SaveView opened={saving} onClose={dialog.close} query={toQueryText(filters)} columns={columns} />
    </>
  );
}

function SaveView({ opened, onClose, query, columns }: { opened: boolean; onClose: () => void; query: string; columns: string[] }) {
  const say = useWords(orderWords);
  const part = useWords(partWords);
  const [name, setName] = useState("");
  const [shared, setShared] = useState(false);
  const work = useWork();
  const save = () =>
    work.run(async () => {
      await done(http.POST("/api/v1/saved-views", { body: { name: name.trim(), shared, query, columns } }));
      await refresh("/api/v1/saved-views");
      tell(say("viewSaved", { name: name.trim() }));
      setName("");
      onClose();
    });
  return (
    <Modal opened={opened} onClose={onClose} title={say("saveView")} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Stack gap="sm">
          <TextInput label={say("viewName")} required maxLength={60} data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <Checkbox label={say("shareView")} checked={shared} onChange={(event) => setShared(event.currentTarget.checked)} />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy} disabled={!name.trim()}>
              {part("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
