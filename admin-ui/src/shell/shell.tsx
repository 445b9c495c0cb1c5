// The frame around every page inside: navigation, search, account menu.
import { ActionIcon, Alert, Anchor, AppShell, Box, Burger, Button, Group, Kbd, NavLink, ScrollArea, Text, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { spotlight } from "@mantine/spotlight";
import { IconKeyboard, IconMailExclamation, IconSearch } from "@tabler/icons-react";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { useState } from "react";
import { http } from "../api/client";
import { done } from "../api/call";
import { tell, tellProblem } from "../parts/problem";
import { Empty } from "../parts/section";
import { useRight, useSession } from "../session/session";
import { useWords } from "../words/catalogue";
import { AccountMenu } from "./account_menu";
import { Palette } from "./palette";
import { places } from "./places";
import styles from "./shell.module.css";
import { ShortcutSheet } from "./shortcuts";
import { TenantSwitcher } from "./tenant_switcher";
import { shellWords } from "./words";

export function Shell() {
  const say = useWords(shellWords);
  const [opened, navigation] = useDisclosure(false);
  const [sheet, shortcuts] = useDisclosure(false);
  const session = useSession();
  if (!session) return null;
  return (
    <AppShell
      header={{ height: 50 }}
      navbar={{ width: 204, breakpoint: "sm", collapsed: { mobile: !opened } }}
      classNames={{ header: styles["header"] ?? "", navbar: styles["navbar"] ?? "", main: styles["main"] ?? "" }}
    >
      <a href="#content" className={styles["skip"]}>
        {say("skip")}
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" gap="sm" wrap="nowrap">
          <Burger opened={opened} onClick={navigation.toggle} hiddenFrom="sm" size="sm" aria-label={say("openMenu")} />
          <UnstyledButton className={styles["search"]} onClick={spotlight.open}>
            <IconSearch size={15} />
            <Text size="sm" truncate>
              {say("search")}
            </Text>
            <Kbd size="xs" visibleFrom="sm">
              Ctrl K
            </Kbd>
          </UnstyledButton>
          <Box flex={1} />
          <ActionIcon variant="subtle" color="gray" onClick={shortcuts.open} aria-label={say("shortcuts")} visibleFrom="sm">
            <IconKeyboard size={18} stroke={1.6} />
          </ActionIcon>
          <AccountMenu session={session} />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar aria-label={say("navigation")}>
        <AppShell.Section p={8}>
          <TenantSwitcher session={session} />
        </AppShell.Section>
        <AppShell.Section grow component={ScrollArea} px={8}>
          <Places onGo={navigation.close} />
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        {!session.person.email_verified && <VerifyBanner email={session.person.email} />}
        {session.tenant ? <Outlet /> : <NoTenant />}
      </AppShell.Main>
      <Palette />
      <ShortcutSheet opened={sheet} onOpen={shortcuts.open} onClose={shortcuts.close} />
    </AppShell>
  );
}

function Places({ onGo }: { onGo: () => void }) {
  const say = useWords(shellWords);
  const may = useRight();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const groups = ["orders", "finance", "operate", "settings"] as const;
  return groups.map((group) => {
    const shown = places.filter((place) => place.group === group && may(place.right));
    if (shown.length === 0) return null;
    return (
      <Box key={group} mb="sm">
        {group !== "orders" && (
          <Text size="xs" fw={560} c="dimmed" px={10} pt={6} pb={4}>
            {say(group)}
          </Text>
        )}
        {shown.map(({ to, word, icon: Icon }) => (
          <NavLink
            key={to}
            component={Link}
            to={to}
            label={say(word)}
            leftSection={<Icon size={17} stroke={1.7} />}
            active={path.startsWith(to)}
            onClick={onGo}
            className={styles["place"] ?? ""}
          />
        ))}
      </Box>
    );
  });
}

function VerifyBanner({ email }: { email: string }) {
  const say = useWords(shellWords);
  const [sent, setSent] = useState(false);
  const send = async () => {
    try {
      await done(http.POST("/api/v1/mail-verification/request"));
      setSent(true);
      tell(say("sent"));
    } catch (problem) {
      tellProblem(problem);
    }
  };
  return (
    <Alert variant="light" color="yellow" radius={0} py={6} icon={<IconMailExclamation size={17} />}>
      <Group gap="sm" justify="space-between">
        <Text size="sm" c="var(--mantine-color-text)">
          {say("verifyBanner", { email })}
        </Text>
        {!sent && (
          <Anchor component="button" size="sm" onClick={() => void send()}>
            {say("sendAgain")}
          </Anchor>
        )}
      </Group>
    </Alert>
  );
}

function NoTenant() {
  const say = useWords(shellWords);
  return (
    <Empty
      whole
      title={say("noTenant")}
      text={say("noTenantText")}
      action={
        <Button component={Link} to="/sign-up">
          {say("signUp")}
        </Button>
      }
    />
  );
}
