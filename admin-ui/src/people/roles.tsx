// Roles: built in, and the company's own.
import { Button, Group, Modal, Paper, Stack, Table, Text, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { done, flat, paging } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { Role } from "../api/types_admin";
import { MoreButton, Sure, useWork } from "../parts/controls";
import { ProblemAlert, tell } from "../parts/problem";
import { Loaded, Page } from "../parts/section";
import { ToneBadge } from "../parts/track_badge";
import { partWords } from "../parts/words";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { RightList } from "./right_list";
import { useRoleName } from "./role_name";
import { peopleWords } from "./words";
import { Wide } from "../parts/wide";

type Open = { role: Role | null };

export function RolesPage() {
  const say = useWords(peopleWords);
  const may = useRight();
  const [open, setOpen] = useState<Open | null>(null);
  const roles = api.useInfiniteQuery("get", "/api/v1/roles", { params: { query: { limit: 50 } } }, paging);
  const roleName = useRoleName();
  const manages = may("roles:manage");
  return (
    <Page
      title={say("rolesTitle")}
      text={say("rolesText")}
      aside={
        manages && (
          <Button leftSection={<IconPlus size={16} />} onClick={() => setOpen({ role: null })}>
            {say("newRole")}
          </Button>
        )
      }
    >
      <Paper style={{ overflow: "hidden" }}>
        <Loaded of={roles}>
          {(data) => (
            <Wide>
              <Table fz="sm" miw={560} highlightOnHover highlightOnHoverColor="var(--hover)">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{say("name")}</Table.Th>
                    <Table.Th>{say("rights")}</Table.Th>
                    <Table.Th>{say("title")}</Table.Th>
                    <Table.Th />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {flat(data).map((role) => (
                    <Table.Tr key={role.id}>
                      <Table.Td>
                        <Group gap="sm">
                          <Text size="sm" fw={560}>
                            {roleName(role.name)}
                          </Text>
                          <ToneBadge tone={role.built_in ? "quiet" : "move"}>{say(role.built_in ? "builtIn" : "own")}</ToneBadge>
                        </Group>
                      </Table.Td>
                      <Table.Td>{say("rightsCount", { count: role.rights.length })}</Table.Td>
                      <Table.Td>{say("peopleCount", { count: role.people })}</Table.Td>
                      <Table.Td>
                        <Group gap="xs" justify="flex-end" wrap="nowrap">
                          <Button
                            size="compact-xs"
                            variant="default"
                            aria-label={say(role.built_in || !manages ? "look" : "editName", { name: role.name })}
                            onClick={() => setOpen({ role })}
                          >
                            {say(role.built_in || !manages ? "rights" : "edit")}
                          </Button>
                          {manages && !role.built_in && <DeleteRole role={role} />}
                        </Group>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Wide>
          )}
        </Loaded>
        <MoreButton of={roles} />
      </Paper>
      {open && <RoleModal role={open.role} fixed={!manages || (open.role?.built_in ?? false)} onClose={() => setOpen(null)} />}
    </Page>
  );
}

function DeleteRole({ role }: { role: Role }) {
  const say = useWords(peopleWords);
  return (
    <Sure
      title={say("deleteTitle", { name: role.name })}
      text={say("deleteText")}
      action={say("deleteRole")}
      onSure={async () => {
        await done(http.DELETE("/api/v1/roles/{id}", { params: { path: { id: role.id } } }));
        await refresh("/api/v1/roles");
      }}
    >
      {(ask) => (
        <Button size="compact-xs" variant="default" c="var(--mantine-color-error)" onClick={ask}>
          {say("deleteRole")}
        </Button>
      )}
    </Sure>
  );
}

function RoleModal({ role, fixed, onClose }: { role: Role | null; fixed: boolean; onClose: () => void }) {
  const say = useWords(peopleWords);
  const part = useWords(partWords);
  const roleName = useRoleName();
  const known = api.useQuery("get", "/api/v1/rights");
  const [name, setName] = useState(role?.name ?? "");
  const [rights, setRights] = useState(role?.rights ?? []);
  const work = useWork();
  const save = () =>
    work.run(async () => {
      const body = { name: name.trim(), rights };
      if (role) await done(http.PATCH("/api/v1/roles/{id}", { params: { path: { id: role.id } }, body }));
      else await done(http.POST("/api/v1/roles", { body }));
      await refresh("/api/v1/roles");
      tell(say("saved"));
      onClose();
    });
  return (
    <Modal opened onClose={onClose} size="lg" title={role ? roleName(role.name) : say("newRole")} closeButtonProps={{ "aria-label": part("close") }}>
      <Stack gap="md">
        {!fixed && <TextInput label={say("roleName")} required maxLength={60} data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />}
        <Loaded of={known}>{(answer) => <RightList all={answer.data} chosen={rights} {...(!fixed && { onChange: setRights })} />}</Loaded>
        <ProblemAlert problem={work.problem} />
        {!fixed && (
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button loading={work.busy} disabled={!name.trim() || rights.length === 0} onClick={() => void save()}>
              {part("save")}
            </Button>
          </Group>
        )}
      </Stack>
    </Modal>
  );
}
