import { Box, Menu, Text, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { IconCheck, IconSelector } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { http } from "../api/client";
import { done } from "../api/call";
import type { Session } from "../api/types";
import { tellProblem } from "../parts/problem";
import { entered } from "../session/session";
import { useWords } from "../words/catalogue";
import { Logo } from "./logo";
import styles from "./shell.module.css";
import { shellWords } from "./words";

export function TenantSwitcher({ session }: { session: Session }) {
  const say = useWords(shellWords);
  const navigate = useNavigate();
  const enter = async (tenant_id: string) => {
    try {
      entered(await done(http.POST("/api/v1/session/tenant", { body: { tenant_id } })));
      await navigate({ to: "/orders" });
    } catch (problem) {
      tellProblem(problem);
    }
  };
  const name = session.tenant?.name ?? "Switchyard";
  const several = session.tenants.length > 1;
  const face = (
    <>
      <Logo />
      <Box flex={1} miw={0}>
        <Text size="sm" fw={600} truncate>
          {name}
        </Text>
        <Text size="xs" c="dimmed" truncate>
          {session.tenant ? `${session.tenant.slug} · ${session.tenant.currency}` : ""}
        </Text>
      </Box>
    </>
  );
  if (!several) return <div className={styles["tenant"]}>{face}</div>;
  return (
    <Menu width={240} position="bottom-start">
      <Menu.Target>
        <UnstyledButton className={styles["tenant"] ?? ""}>
          <VisuallyHidden>{say("switchTenant")}</VisuallyHidden>
          {face}
          <IconSelector size={16} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{say("switchTenant")}</Menu.Label>
        {session.tenants.map((tenant) => (
          <Menu.Item
            key={tenant.id}
            onClick={() => void enter(tenant.id)}
            rightSection={tenant.id === session.tenant?.id ? <IconCheck size={15} /> : null}
          >
            {tenant.name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
