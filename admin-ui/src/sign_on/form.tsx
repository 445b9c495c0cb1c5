// One identity provider: where it is, who may join, which group gets which role.
import { ActionIcon, Button, Group, Modal, PasswordInput, Select, Stack, Switch, TagsInput, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconX } from "@tabler/icons-react";
import { done } from "../api/call";
import { http, refresh } from "../api/client";
import type { Problem } from "../api/types";
import type { OidcConnection } from "../api/types_admin";
import { useWork } from "../parts/controls";
import { fieldErrors, ProblemAlert, tell } from "../parts/problem";
import { partWords } from "../parts/words";
import { useRoleChoices } from "../people/people";
import { useWords } from "../words/catalogue";
import { signOnWords } from "./words";

export function ConnectionForm({ connection, onClose }: { connection: OidcConnection | null; onClose: () => void }) {
  const say = useWords(signOnWords);
  const part = useWords(partWords);
  // Groups and defaults name roles, they do not point at them.
  const roles = useRoleChoices().map(({ name, label }) => ({ value: name, label }));
  const work = useWork();
  const form = useForm({
    initialValues: {
      name: connection?.name ?? "",
      issuer: connection?.issuer ?? "https://",
      client_id: connection?.client_id ?? "",
      client_secret: "",
      join_domains: connection?.join_domains ?? [],
      groups_claim: connection?.groups_claim ?? "",
      groups: Object.entries(connection?.group_roles ?? {}).map(([group, role]) => ({ group, role })),
      default_role: connection?.default_role ?? "",
      enabled: connection?.enabled ?? true,
    },
  });
  const save = form.onSubmit(({ groups, client_secret, groups_claim, default_role, ...values }) =>
    work.run(async () => {
      const body = {
        ...values,
        issuer: values.issuer.trim(),
        group_roles: Object.fromEntries(groups.filter(({ group, role }) => group.trim() && role).map(({ group, role }) => [group.trim(), role])),
        ...(client_secret && { client_secret }),
        groups_claim: groups_claim.trim() || null,
        default_role: default_role || null,
      };
      try {
        if (connection) await done(http.PATCH("/api/v1/oidc-connections/{id}", { params: { path: { id: connection.id } }, body }));
        else await done(http.POST("/api/v1/oidc-connections", { body }));
        await refresh("/api/v1/oidc-connections");
        tell(say("saved"));
        onClose();
      } catch (problem) {
        form.setErrors(fieldErrors(problem as Problem));
        throw problem;
      }
    }),
  );
  return (
    <Modal opened onClose={onClose} size="lg" title={connection?.name ?? say("add")} closeButtonProps={{ "aria-label": part("close") }}>
      <form onSubmit={save}>
        <Stack gap="sm">
          <TextInput label={say("name")} required maxLength={60} data-autofocus {...form.getInputProps("name")} />
          <TextInput label={say("issuer")} description={say("issuerHint")} required {...form.getInputProps("issuer")} />
          <Group grow align="flex-start">
            <TextInput label={say("client")} required {...form.getInputProps("client_id")} />
            <PasswordInput label={say("secret")} placeholder={connection ? say("secretKeep") : ""} autoComplete="off" {...form.getInputProps("client_secret")} />
          </Group>
          <TagsInput label={say("domains")} description={say("domainsHint")} {...form.getInputProps("join_domains")} />
          <Select label={say("defaultRole")} data={roles} clearable {...form.getInputProps("default_role")} />
          <TextInput label={say("claim")} placeholder={say("claimHint")} {...form.getInputProps("groups_claim")} />
          <Text size="sm" fw={500}>
            {say("groups")}
          </Text>
          {form.values.groups.map(({ group }, index) => (
            <Group key={index} gap="xs" wrap="nowrap">
              <TextInput flex={1} aria-label={say("group")} placeholder={say("group")} {...form.getInputProps(`groups.${index}.group`)} />
              <Select flex={1} aria-label={say("role")} placeholder={say("role")} data={roles} {...form.getInputProps(`groups.${index}.role`)} />
              <ActionIcon variant="subtle" color="gray" aria-label={say("removeGroup", { name: group })} onClick={() => form.removeListItem("groups", index)}>
                <IconX size={16} />
              </ActionIcon>
            </Group>
          ))}
          <Group>
            <Button size="compact-sm" variant="default" onClick={() => form.insertListItem("groups", { group: "", role: "" })}>
              {say("addGroup")}
            </Button>
          </Group>
          <Switch label={say("enabled")} {...form.getInputProps("enabled", { type: "checkbox" })} />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy}>
              {part("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
