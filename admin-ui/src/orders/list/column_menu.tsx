import { ActionIcon, Box, Button, Checkbox, Popover, ScrollArea, SegmentedControl, Stack, Text } from "@mantine/core";
import { IconLayoutColumns } from "@tabler/icons-react";
import { useWords } from "../../words/catalogue";
import { orderWords } from "../words";
import { columns, standardColumns } from "./columns";
import type { Density, useListSettings } from "./settings";

export function ColumnMenu({ settings }: { settings: ReturnType<typeof useListSettings> }) {
  const say = useWords(orderWords);
  return (
    <Popover position="bottom-end" shadow="md" trapFocus>
      <Popover.Target>
        <ActionIcon variant="default" size={32} aria-label={say("columns")}>
          <IconLayoutColumns size={16} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown w={250}>
        <Stack gap="sm">
          <Box>
            <Text size="xs" c="dimmed" mb={4}>
              {say("density")}
            </Text>
            <SegmentedControl
              size="xs"
              fullWidth
              aria-label={say("density")}
              value={settings.density}
              onChange={(value) => settings.setDensity(value as Density)}
              data={[
                { value: "compact", label: say("compact") },
                { value: "roomy", label: say("roomy") },
              ]}
            />
          </Box>
          <ScrollArea.Autosize mah={320}>
            <Checkbox.Group value={settings.columns} onChange={settings.setColumns} label={say("columns")}>
              <Stack gap={7} mt={6}>
                {columns.map((column) => (
                  <Checkbox key={column.id} size="xs" value={column.id} label={say(column.word)} disabled={column.id === "number"} />
                ))}
              </Stack>
            </Checkbox.Group>
          </ScrollArea.Autosize>
          <Button size="xs" variant="default" onClick={() => settings.setColumns(standardColumns)}>
            {say("resetColumns")}
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
