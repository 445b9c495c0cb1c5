// Which column is what.
import { Accordion, Button, Group, SegmentedControl, Select, SimpleGrid, Stack, Switch, TagsInput, Text } from "@mantine/core";
import { useState } from "react";
import { zones } from "../session/places";
import { useWords } from "../words/catalogue";
import { type Mapping, missing, otherFields, requiredFields, usualFields, withColumn } from "./mapping";
import { importWords } from "./words";

type Props = { columns: string[]; mapping: Mapping; busy: boolean; onUse: (mapping: Mapping) => void };

export function MappingForm({ columns, mapping, busy, onUse }: Props) {
  const say = useWords(importWords);
  const [draft, setDraft] = useState(mapping);
  const choices = [...new Set(columns.filter((column) => column !== ""))];
  const column = (field: (typeof requiredFields)[number] | (typeof usualFields)[number] | (typeof otherFields)[number]) => (
    <Select
      key={field}
      label={say(field)}
      withAsterisk={requiredFields.some((required) => required === field)}
      placeholder={say("notMapped")}
      data={choices}
      searchable
      clearable
      value={draft.columns[field] ?? null}
      onChange={(value) => setDraft((before) => withColumn(before, field, value))}
    />
  );
  return (
    <Stack gap="sm">
      <Text size="xs" c="dimmed">
        {say("mappingText")}
      </Text>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="sm">
        {requiredFields.map(column)}
        {usualFields.map(column)}
        <Select
          label={say("currencyColumn")}
          placeholder={say("notMapped")}
          data={choices}
          searchable
          clearable
          value={draft.columns["currency"] ?? null}
          onChange={(value) => setDraft((before) => withColumn(before, "currency", value))}
        />
        <Select
          label={say("currency")}
          data={Intl.supportedValuesOf("currency")}
          searchable
          clearable
          limit={50}
          value={draft.currency ?? null}
          onChange={(currency) => setDraft((before) => ({ ...before, currency }))}
        />
        <Select
          label={say("zone")}
          data={zones()}
          searchable
          limit={50}
          allowDeselect={false}
          value={draft.time_zone ?? "UTC"}
          onChange={(zone) => setDraft((before) => ({ ...before, time_zone: zone ?? "UTC" }))}
        />
        <TagsInput label={say("dates")} placeholder={say("datesHint")} maxTags={20} value={draft.date_formats ?? []} onChange={(date_formats) => setDraft((before) => ({ ...before, date_formats }))} />
      </SimpleGrid>
      <Group gap="lg">
        <Group gap="xs">
          <Text size="sm">{say("decimals")}</Text>
          <SegmentedControl
            size="xs"
            aria-label={say("decimals")}
            value={draft.decimal_mark ?? "point"}
            onChange={(mark) => setDraft((before) => ({ ...before, decimal_mark: mark as "point" | "comma" }))}
            data={[
              { value: "point", label: say("point") },
              { value: "comma", label: say("comma") },
            ]}
          />
        </Group>
        <Switch label={say("taxInside")} checked={draft.prices_include_tax ?? false} onChange={(event) => setDraft((before) => ({ ...before, prices_include_tax: event.target.checked }))} />
      </Group>
      <Accordion variant="contained">
        <Accordion.Item value="more">
          <Accordion.Control>{`${say("mapping")}: ${say(otherFields[1])}, ${say(otherFields[2])}, ${say(otherFields[4])}…`}</Accordion.Control>
          <Accordion.Panel>
            <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="sm">
              {otherFields.map(column)}
            </SimpleGrid>
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
      <Group>
        <Button loading={busy} disabled={missing(draft).length > 0} onClick={() => onUse(draft)}>
          {say("useMapping")}
        </Button>
      </Group>
    </Stack>
  );
}
