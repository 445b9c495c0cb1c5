// What a version of a list says: since when, with which tax, and the sheet of its prices, pasted or from a file.
import { Button, FileButton, Group, Stack, Switch, Text, Textarea, TextInput } from "@mantine/core";
import { IconFileUpload } from "@tabler/icons-react";
import type { NewPriceListVersion } from "../api/types_sales";
import { useWords } from "../words/catalogue";
import { priceWords } from "./words";

export type VersionValues = { from: string; until: string; included: boolean; rate: string; note: string; csv: string };
export const emptyVersion: VersionValues = { from: "", until: "", included: false, rate: "", note: "", csv: "" };

export function versionOf(values: VersionValues): NewPriceListVersion {
  const { from, until, included, rate, note, csv } = values;
  return {
    ...(from && { valid_from: from }),
    ...(until && { valid_until: until }),
    prices_include_tax: included,
    ...(rate.trim() && { tax_rate: rate.trim() }),
    ...(note.trim() && { note: note.trim() }),
    ...(csv.trim() && { csv }),
  };
}

export function VersionFields({ values, onChange, keep = false }: { values: VersionValues; onChange: (values: VersionValues) => void; keep?: boolean }) {
  const say = useWords(priceWords);
  const set = (change: Partial<VersionValues>) => onChange({ ...values, ...change });
  return (
    <Stack gap="sm">
      <Group grow align="flex-start">
        <TextInput type="date" label={say("from")} value={values.from} onChange={(event) => set({ from: event.currentTarget.value })} />
        <TextInput type="date" label={say("until")} value={values.until} onChange={(event) => set({ until: event.currentTarget.value })} />
        <TextInput label={say("taxRate")} inputMode="decimal" maxLength={8} value={values.rate} onChange={(event) => set({ rate: event.currentTarget.value })} />
      </Group>
      <Switch label={say("taxIncluded")} checked={values.included} onChange={(event) => set({ included: event.currentTarget.checked })} />
      <Textarea
        label={say("sheet")}
        description={keep ? `${say("sheetHint")} ${say("keep")}` : say("sheetHint")}
        autosize
        minRows={6}
        maxRows={14}
        spellCheck={false}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        value={values.csv}
        onChange={(event) => set({ csv: event.currentTarget.value })}
      />
      <Group justify="space-between">
        <FileButton accept=".csv,text/csv,text/plain" onChange={(file) => void file?.text().then((csv) => set({ csv }))}>
          {(props) => (
            <Button {...props} size="compact-sm" variant="default" leftSection={<IconFileUpload size={14} />}>
              {say("file")}
            </Button>
          )}
        </FileButton>
        <Text size="xs" c="dimmed">
          {values.csv ? say("prices") + `: ${Math.max(0, values.csv.trim().split(/\r?\n/).length - 1)}` : ""}
        </Text>
      </Group>
      <TextInput label={say("note")} maxLength={500} value={values.note} onChange={(event) => set({ note: event.currentTarget.value })} />
    </Stack>
  );
}
