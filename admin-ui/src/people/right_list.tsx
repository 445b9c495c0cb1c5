// Rights to choose from, grouped by what they are about.
import { Box, Checkbox, SimpleGrid, Stack, Text } from "@mantine/core";
import { useWords } from "../words/catalogue";
import { shellWords } from "../shell/words";
import { rightWords } from "./words";

type Known = keyof (typeof rightWords)["words"];

export function useRightName(): (right: string) => string {
  const say = useWords(rightWords);
  return (right) => (right in rightWords.words ? say(right as Known) : right);
}

/** `orders:read` and `orders:hold` belong together. */
export function grouped(rights: string[]): [group: string, rights: string[]][] {
  const groups = new Map<string, string[]>();
  for (const right of rights) {
    const group = right.split(":")[0] ?? right;
    groups.set(group, [...(groups.get(group) ?? []), right]);
  }
  return [...groups];
}

const groupWord = {
  orders: "orders",
  companies: "companies",
  credit: "credit",
  finance: "finance",
  receivables: "receivables",
  shifts: "shifts",
  drawers: "shifts",
  channels: "channels",
  quarantine: "quarantine",
  imports: "imports",
  plugins: "plugins",
  people: "people",
  roles: "roles",
  keys: "keys",
  tenant: "company",
  audit: "audit",
} as const;

type Props = { all: string[]; chosen: string[]; onChange?: (rights: string[]) => void };

export function RightList({ all, chosen, onChange }: Props) {
  const say = useWords(shellWords);
  const name = useRightName();
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
      {grouped(all).map(([group, rights]) => (
        <Box key={group}>
          <Text size="xs" fw={560} c="dimmed" mb={6}>
            {group in groupWord ? say(groupWord[group as keyof typeof groupWord]) : group}
          </Text>
          <Stack gap={7}>
            {rights.map((right) => (
              <Checkbox
                key={right}
                size="xs"
                label={name(right)}
                disabled={!onChange}
                checked={chosen.includes(right)}
                onChange={(event) => onChange?.(event.currentTarget.checked ? [...chosen, right] : chosen.filter((each) => each !== right))}
              />
            ))}
          </Stack>
        </Box>
      ))}
    </SimpleGrid>
  );
}
