// The `?` sheet, and the two-key jumps: `g` then a letter.
import { Group, Kbd, Modal, Stack, Text } from "@mantine/core";
import { type HotkeyItem, useHotkeys } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { partWords } from "../parts/words";
import { useWords } from "../words/catalogue";
import { armJump, isJumping } from "./jump";
import { places } from "./places";
import { shellWords } from "./words";

const shortcuts = [
  { keys: ["Ctrl", "K"], word: "keyPalette" },
  { keys: ["/"], word: "keySearch" },
  { keys: ["j"], word: "keyNext" },
  { keys: ["k"], word: "keyPrevious" },
  { keys: ["o", "Enter"], word: "keyExpand" },
  { keys: ["Shift", "Enter"], word: "keyDetail" },
  { keys: ["x"], word: "keySelect" },
  { keys: ["g", "o · h · l · c · q"], word: "keyGo" },
  { keys: ["?"], word: "keyHelp" },
] as const;

export function ShortcutSheet({ opened, onOpen, onClose }: { opened: boolean; onOpen: () => void; onClose: () => void }) {
  const say = useWords(shellWords);
  const part = useWords(partWords);
  const navigate = useNavigate();
  const jumps = places.flatMap(({ to, go }): HotkeyItem[] =>
    go ? [[go, () => isJumping() && void navigate({ to }), { preventDefault: false }]] : [],
  );
  useHotkeys([["shift+?", onOpen], ["?", onOpen], ["g", () => armJump(), { preventDefault: false }], ...jumps]);
  return (
    <Modal opened={opened} onClose={onClose} title={say("shortcuts")} closeButtonProps={{ "aria-label": part("close") }}>
      <Stack gap={8}>
        {shortcuts.map(({ keys, word }) => (
          <Group key={word} justify="space-between" wrap="nowrap">
            <Text size="sm">{say(word)}</Text>
            <Group gap={4} wrap="nowrap">
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </Group>
          </Group>
        ))}
      </Stack>
    </Modal>
  );
}
