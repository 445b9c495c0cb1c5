// The way from one thing back to the list it is of, above its page.
import { Anchor, Box, Group } from "@mantine/core";
import { IconChevronLeft } from "@tabler/icons-react";
import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";

export function Back({ to, children }: { to: LinkProps["to"]; children: ReactNode }) {
  return (
    <Box maw={1180} mx="auto" px={{ base: "md", sm: "lg" }} pt="md" mb={-12}>
      <Anchor component={Link} to={to as string} size="sm" c="dimmed">
        <Group gap={2} component="span" display="inline-flex">
          <IconChevronLeft size={15} />
          {children}
        </Group>
      </Anchor>
    </Box>
  );
}
