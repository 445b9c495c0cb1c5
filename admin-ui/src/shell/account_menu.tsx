import { Avatar, Menu, Text, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { IconCheck, IconDeviceDesktop, IconLanguage, IconLogout, IconMoon, IconSun, IconUser } from "@tabler/icons-react";
import { useLingui } from "@lingui/react";
import { Link, useNavigate } from "@tanstack/react-router";
import { http } from "../api/client";
import type { Session } from "../api/types";
import { entered } from "../session/session";
import { speak, useWords } from "../words/catalogue";
import { shellWords } from "./words";

export function AccountMenu({ session }: { session: Session }) {
  const say = useWords(shellWords);
  const { i18n } = useLingui();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const navigate = useNavigate();
  const logOut = async () => {
    await http.DELETE("/api/v1/session");
    entered(null);
    await navigate({ to: "/log-in" });
  };
  const tick = (chosen: boolean) => (chosen ? <IconCheck size={15} /> : null);
  return (
    <Menu width={230} position="bottom-end">
      <Menu.Target>
        <UnstyledButton aria-label={say("menu")} style={{ borderRadius: "50%" }}>
          <Avatar color="petrol" size={32} radius="xl" variant="filled" aria-hidden="true">
            <IconUser size={17} />
          </Avatar>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={560} c="var(--mantine-color-text)" truncate>
            {session.person.name}
          </Text>
          <Text size="xs" truncate>
            {session.person.email}
          </Text>
        </Menu.Label>
        <Menu.Item component={Link} to="/profile" leftSection={<IconUser size={16} />}>
          {say("profile")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{say("language")}</Menu.Label>
        <Menu.Item leftSection={<IconLanguage size={16} />} rightSection={tick(i18n.locale === "en")} onClick={() => speak("en")}>
          {say("english")}
        </Menu.Item>
        <Menu.Item leftSection={<IconLanguage size={16} />} rightSection={tick(i18n.locale === "vi")} onClick={() => speak("vi")}>
          {say("vietnamese")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{say("colours")}</Menu.Label>
        <Menu.Item leftSection={<IconSun size={16} />} rightSection={tick(colorScheme === "light")} onClick={() => setColorScheme("light")}>
          {say("light")}
        </Menu.Item>
        <Menu.Item leftSection={<IconMoon size={16} />} rightSection={tick(colorScheme === "dark")} onClick={() => setColorScheme("dark")}>
          {say("dark")}
        </Menu.Item>
        <Menu.Item leftSection={<IconDeviceDesktop size={16} />} rightSection={tick(colorScheme === "auto")} onClick={() => setColorScheme("auto")}>
          {say("auto")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void logOut()}>
          {say("logOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
