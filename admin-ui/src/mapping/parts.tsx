// What one of a listing is: products with quantities. Several make a set.
import { ActionIcon, Group, Stack, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { ProductSelect } from "../products/select";
import { useWords } from "../words/catalogue";
import type { Choice, Part } from "./filters";
import { mappingWords } from "./words";

type Props = { parts: Choice; known?: { sku: string; name: string }[]; onChange: (parts: Choice) => void };
const PARTS_MAX = 20;

export function PartsInput({ parts, known = [], onChange }: Props) {
  const say = useWords(mappingWords);
  const put = (at: number, part: Part) => onChange(parts.map((each, index) => (index === at ? part : each)));
  return (
    <Stack gap={4}>
      {parts.map((part, at) => (
        <Group key={at} gap={4} wrap="nowrap">
          <TextInput
            aria-label={say("quantity")}
            size="xs"
            w={64}
            maxLength={20}
            value={part.quantity}
            onChange={(event) => put(at, { ...part, quantity: event.currentTarget.value.trim() })}
          />
          <div style={{ flex: 1, minWidth: 180 }}>
            <ProductSelect label={say("product")} known={known.find(({ sku }) => sku === part.sku) ?? known[0] ?? null} value={part.sku} onChange={(sku) => put(at, { ...part, sku })} />
          </div>
          {at === 0 ? (
            <ActionIcon variant="subtle" color="gray" aria-label={say("addPart")} title={say("addPart")} disabled={parts.length >= PARTS_MAX} onClick={() => onChange([...parts, { sku: null, quantity: "1" }])}>
              <IconPlus size={15} />
            </ActionIcon>
          ) : (
            <ActionIcon variant="subtle" color="gray" aria-label={say("removePart")} title={say("removePart")} onClick={() => onChange(parts.filter((_, index) => index !== at))}>
              <IconX size={15} />
            </ActionIcon>
          )}
        </Group>
      ))}
    </Stack>
  );
}
