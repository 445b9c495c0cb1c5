// Saved views: a name for a query and its columns, private or for the whole company.
import { ActionIcon, Button, Checkbox, Divider, Group, Modal, Popover, Stack, Text, TextInput } from "@mantine/core";
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
  const [opened, list] = useDisclosure(false);
  const saved = views.data?.data ?? [];
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
      <Popover opened={opened} onChange={list.set} width={280} position="bottom-end" shadow="md" trapFocus>
        <Popover.Target>
          <Button variant="default" size="xs" h={32} leftSection={<IconBookmark size={15} />} onClick={list.toggle}>
            {say("savedViews")}
          </Button>
        </Popover.Target>
        <Popover.Dropdown p={6} mah={420} style={{ overflowY: "auto" }}>
          {saved.length === 0 && (
            <Text size="sm" c="dimmed" px={8} py={6}>
              {say("noViews")}
            </Text>
          )}
          {saved.map((view) => (
            <Group key={view.id} gap={2} wrap="nowrap">
              <Button
                flex={1}
                miw={0}
                variant="subtle"
                color="gray"
                c="var(--mantine-color-text)"
                size="xs"
                justify="space-between"
                rightSection={view.shared ? <IconUsers size={14} aria-label={say("shared")} /> : null}
                onClick={() => {
                  list.close();
                  onOpen(fromQueryText(view.query), view.columns);
                }}
              >
                {view.name}
              </Button>
              {view.own && (
                <ActionIcon variant="subtle" color="gray" aria-label={say("deleteView", { name: view.name })} onClick={() => void remove(view.id)}>
                  <IconTrash size={14} />
                </ActionIcon>
              )}
            </Group>
          ))}
          <Divider my={6} />
          <Button
            fullWidth
            variant="subtle"
            size="xs"
            justify="flex-start"
            leftSection={<IconPlus size={15} />}
            onClick={() => {
              list.close();
              dialog.open();
            }}
          >
            {say("saveView")}
          </Button>
        </Popover.Dropdown>
      </Popover>
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
