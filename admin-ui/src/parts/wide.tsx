// A table wider than its place scrolls by itself, by mouse and by keyboard.
import { ScrollArea } from "@mantine/core";
import type { ReactNode } from "react";

export function Wide({ children }: { children: ReactNode }) {
  return <ScrollArea viewportProps={{ tabIndex: 0 }}>{children}</ScrollArea>;
}
