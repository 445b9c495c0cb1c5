// People of the company, their roles, and open invitations.
import { ActionIcon, Badge, Button, Group, Modal, MultiSelect, Paper, Stack, Table, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { IconMailPlus, IconPencil, IconUserMinus } from "@tabler/icons-react";
import { useState } from "react";
import { done, flat, paging } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { Problem } from "../api/types";
import type { Member } from "../api/types_admin";
import { MoreButton, Sure, useWork } from "../parts/controls";
import { Moment } from "../parts/moment";
import { fieldErrors, ProblemAlert, tell } from "../parts/problem";
import { Empty, Loaded, Page } from "../parts/section";
import { partWords } from "../parts/words";
import { useRight, useSession } from "../session/session";
import { useWords } from "../words/catalogue";
import { Invitations } from "./invitations";
import { useRoleName } from "./role_name";
import { peopleWords } from "./words";
import { Wide } from "../parts/wide";

export function useRoleChoices(): { value: string; label: string; name: string }[] {
  const roleName = useRoleName();
  const roles = api.useQuery("get", "/api/v1/roles", { params: { query: { limit: 200 } } });
  return (roles.data?.data ?? []).map(({ id, name }) => ({ value: id, label: roleName(name), name }));
}

export function PeoplePage() {
  const say = useWords(peopleWords);
  const may = useRight();
  const [inviting, invite] = useDisclosure(false);
  const people = api.useInfiniteQuery("get", "/api/v1/people", { params: { query: { limit: 50 } } }, paging);
  return (
    <Page
      title={say("title")}
      text={say("text")}
      aside={
        may("people:manage") && (
          <Button leftSection={<IconMailPlus size={16} />} onClick={invite.open}>
            {say("invite")}
          </Button>
        )
      }
    >
      <Stack gap="lg">
        <Paper style={{ overflow: "hidden" }}>
          <Loaded of={people} isEmpty={(data) => flat(data).length === 0} empty={<Empty title={say("none")} />}>
            {(data) => (
              <Wide>
                <Table fz="sm" miw={680}>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{say("name")}</Table.Th>
                      <Table.Th>{say("email")}</Table.Th>
                      <Table.Th>{say("roles")}</Table.Th>
                      <Table.Th>{say("joined")}</Table.Th>
                      <Table.Th />
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {flat(data).map((member) => (
                      <Row key={member.id} member={member} />
                    ))}
                  </Table.Tbody>
                </Table>
              </Wide>
            )}
          </Loaded>
          <MoreButton of={people} />
        </Paper>
        <section>
          <Title order={2} mb={8}>
            {say("open")}
          </Title>
          <Invitations />
        </section>
      </Stack>
      <Invite opened={inviting} onClose={invite.close} />
    </Page>
  );
}

function Row({ member }: { member: Member }) {
  const say = useWords(peopleWords);
  const may = useRight();
  const me = useSession()?.person.id === member.id;
  const [editing, setEditing] = useState(false);
  return (
    <Table.Tr>
      <Table.Td>
        <Text size="sm" fw={560} span>
          {member.name}
        </Text>
        {me && (
          <Text span size="xs" c="dimmed" ml={6}>
            {say("you")}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        {member.email}
        {!member.email_verified && (
          <Text size="xs" c="dimmed">
            {say("unverified")}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <RoleBadges roles={member.roles} />
      </Table.Td>
      <Table.Td>
        <Moment at={member.joined_at} />
      </Table.Td>
      <Table.Td>
        {may("people:manage") && (
          <Group gap={4} justify="flex-end" wrap="nowrap">
            <ActionIcon variant="subtle" color="gray" aria-label={say("changeRoles", { name: member.name })} onClick={() => setEditing(true)}>
              <IconPencil size={16} />
            </ActionIcon>
            <Sure
              title={say("removeTitle", { name: member.name })}
              text={say("removeText")}
              action={say("remove")}
              onSure={async () => {
                await done(http.DELETE("/api/v1/people/{id}", { params: { path: { id: member.id } } }));
                await refresh("/api/v1/people");
              }}
            >
              {(ask) => (
                <ActionIcon variant="subtle" color="gray" aria-label={say("removeName", { name: member.name })} onClick={ask}>
                  <IconUserMinus size={16} />
                </ActionIcon>
              )}
            </Sure>
          </Group>
        )}
        {editing && <ChangeRoles member={member} onClose={() => setEditing(false)} />}
      </Table.Td>
    </Table.Tr>
  );
}

export function RoleBadges({ roles }: { roles: { id: string; name: string }[] }) {
  const roleName = useRoleName();
  return (
    <Group gap={4}>
      {roles.map((role) => (
        <Badge key={role.id} variant="default" radius="sm" tt="none" fw={500}>
          {roleName(role.name)}
        </Badge>
      ))}
    </Group>
  );
}

function ChangeRoles({ member, onClose }: { member: Member; onClose: () => void }) {
  const say = useWords(peopleWords);
  const part = useWords(partWords);
  const choices = useRoleChoices();
  const [role_ids, setRoles] = useState(member.roles.map((role) => role.id));
  const work = useWork();
  const save = () =>
    work.run(async () => {
      await done(http.PUT("/api/v1/people/{id}/roles", { params: { path: { id: member.id } }, body: { role_ids } }));
      await refresh("/api/v1/people", "/api/v1/roles");
      tell(say("saved"));
      onClose();
    });
  return (
    <Modal opened onClose={onClose} title={say("changeRoles", { name: member.name })} closeButtonProps={{ "aria-label": part("close") }}>
      <Stack gap="sm">
        <MultiSelect label={say("roles")} data={choices} value={role_ids} onChange={setRoles} comboboxProps={{ withinPortal: true }} />
        <ProblemAlert problem={work.problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {part("cancel")}
          </Button>
          <Button loading={work.busy} onClick={() => void save()}>
            {part("save")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function Invite({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const say = useWords(peopleWords);
  const part = useWords(partWords);
  const choices = useRoleChoices();
  const work = useWork();
  const form = useForm({
    initialValues: { email: "", role_ids: [] as string[] },
    validate: { email: (value) => (/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value.trim()) ? null : say("emailWrong")) },
  });
  const send = form.onSubmit((values) =>
    work.run(async () => {
      try {
        await done(http.POST("/api/v1/invitations", { body: { email: values.email.trim(), role_ids: values.role_ids } }));
        await refresh("/api/v1/invitations");
        tell(say("invited", { email: values.email.trim() }));
        form.reset();
        onClose();
      } catch (problem) {
        form.setErrors(fieldErrors(problem as Problem));
        throw problem;
      }
    }),
  );
  return (
    <Modal opened={opened} onClose={onClose} title={say("inviteTitle")} closeButtonProps={{ "aria-label": part("close") }}>
      <form onSubmit={send} noValidate>
        <Stack gap="sm">
          <Text size="sm" c="dimmed">
            {say("inviteText")}
          </Text>
          <TextInput label={say("email")} type="email" required data-autofocus {...form.getInputProps("email")} />
          <MultiSelect label={say("roles")} data={choices} {...form.getInputProps("role_ids")} />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy} disabled={form.values.role_ids.length === 0}>
              {say("send")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
