// The frame of the pages outside: what the product is on the left, one form on the right.
import { Anchor, Box, Group, Stack, Text, Title } from "@mantine/core";
import { useLingui } from "@lingui/react";
import type { ReactNode } from "react";
import { Logo } from "../shell/logo";
import { speak, useWords } from "../words/catalogue";
import styles from "./frame.module.css";
import { sessionWords } from "./words";

export function Frame({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  const say = useWords(sessionWords);
  const { i18n } = useLingui();
  return (
    <div className={styles["frame"]}>
      <aside className={styles["promise"]}>
        <Group gap={10}>
          <Logo size={32} />
          <Text fw={640} size="lg">
            {"Switchyard"}
          </Text>
        </Group>
        <Rails />
        <Box>
          <Text className={styles["claim"] ?? ""}>{say("promise")}</Text>
          <Text className={styles["claimText"] ?? ""}>{say("promiseText")}</Text>
        </Box>
      </aside>
      <main className={styles["work"]}>
        <Stack gap="lg" w="100%" maw={400}>
          <Box>
            <Title order={1}>{title}</Title>
            {text && (
              <Text size="sm" c="dimmed" mt={4}>
                {text}
              </Text>
            )}
          </Box>
          {children}
          <Group gap="md" component="nav" aria-label={say("language")}>
            {(["en", "vi"] as const).map((locale) => (
              <Anchor
                key={locale}
                component="button"
                size="xs"
                c={i18n.locale === locale ? undefined : "dimmed"}
                fw={i18n.locale === locale ? 600 : 400}
                aria-pressed={i18n.locale === locale}
                onClick={() => speak(locale)}
                lang={locale}
              >
                {locale === "en" ? "English" : "Tiếng Việt"}
              </Anchor>
            ))}
          </Group>
        </Stack>
      </main>
    </div>
  );
}

/** Many tracks that become one: the product in a picture. */
function Rails() {
  const tracks = [40, 90, 140, 190, 240];
  return (
    <svg viewBox="0 0 420 280" className={styles["rails"]} aria-hidden="true">
      {tracks.map((y, index) => (
        <path
          key={y}
          d={`M0 ${y} H${70 + index * 14} C ${190 + index * 6} ${y}, ${190} 140, 300 140 H420`}
          fill="none"
          stroke="currentColor"
          strokeWidth={index === 2 ? 3 : 2}
          opacity={0.35 + (index % 3) * 0.2}
        />
      ))}
      {tracks.map((y, index) => (
        <circle key={y} cx={34 + index * 12} cy={y} r="5" fill="currentColor" />
      ))}
      <circle cx="340" cy="140" r="7" fill="currentColor" />
    </svg>
  );
}
