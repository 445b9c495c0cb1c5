// A section takes data and shows loading, empty and failed by itself, so that pages only compose.
import { Box, Button, Center, Group, Paper, Skeleton, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { IconInbox } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useWords } from "../words/catalogue";
import { ProblemAlert } from "./problem";
import { partWords } from "./words";

type Asked<T> = { data: T | undefined; error: unknown; isPending: boolean; refetch: () => unknown };

type Props<T> = {
  of: Asked<T>;
  isEmpty?: (data: T) => boolean;
  empty?: ReactNode;
  rows?: number;
  children: (data: T) => ReactNode;
};

export function Loaded<T>({ of, isEmpty, empty, rows = 5, children }: Props<T>) {
  const say = useWords(partWords);
  if (of.data !== undefined) return isEmpty?.(of.data) ? empty : children(of.data);
  if (of.isPending) return <Loading rows={rows} />;
  return (
    <Stack gap="sm" align="flex-start" p="md">
      <ProblemAlert problem={of.error} />
      <Button variant="default" onClick={() => of.refetch()}>
        {say("retry")}
      </Button>
    </Stack>
  );
}

export function Loading({ rows = 5 }: { rows?: number }) {
  const say = useWords(partWords);
  return (
    <Stack gap={10} p="md" role="status" aria-label={say("loading")}>
      {Array.from({ length: rows }, (_, index) => (
        <Skeleton key={index} height={18} radius="sm" width={`${96 - ((index * 17) % 40)}%`} />
      ))}
    </Stack>
  );
}

type EmptyProps = { title: string; text?: string; action?: ReactNode; icon?: ReactNode; /** The page has no other heading. */ whole?: boolean };

export function Empty({ title, text, action, icon, whole = false }: EmptyProps) {
  return (
    <Center py={56} px="md">
      <Stack align="center" gap={6} maw={440}>
        <ThemeIcon variant="light" size={44} radius="xl" mb={6}>
          {icon ?? <IconInbox size={22} stroke={1.6} />}
        </ThemeIcon>
        {whole ? <Title order={1}>{title}</Title> : <Text fw={600}>{title}</Text>}
        {text && (
          <Text size="sm" c="dimmed" ta="center">
            {text}
          </Text>
        )}
        {action && <Box mt="sm">{action}</Box>}
      </Stack>
    </Center>
  );
}

export function Panel({ title, aside, children, flush = false }: { title?: string; aside?: ReactNode; children: ReactNode; flush?: boolean }) {
  return (
    <Paper component="section" aria-label={title} style={{ overflow: "hidden" }}>
      {title && (
        <Group justify="space-between" px="md" py={10} wrap="nowrap" style={{ borderBottom: "1px solid var(--edge)" }}>
          <Title order={2}>{title}</Title>
          {aside}
        </Group>
      )}
      <Box p={flush ? 0 : "md"}>{children}</Box>
    </Paper>
  );
}

export function Page({ title, text, aside, children, width = 1180 }: { title: ReactNode; text?: string; aside?: ReactNode; children: ReactNode; width?: number }) {
  return (
    <Box maw={width} mx="auto" px={{ base: "md", sm: "lg" }} py="lg">
      <Group justify="space-between" align="flex-start" mb="md" gap="md">
        <Box>
          <Title order={1}>{title}</Title>
          {text && (
            <Text size="sm" c="dimmed" mt={2} maw={720}>
              {text}
            </Text>
          )}
        </Box>
        {aside && <Group gap="xs">{aside}</Group>}
      </Group>
      {children}
    </Box>
  );
}
