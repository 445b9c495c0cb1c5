// Draws the fields of a configuration schema; the value stays plain JSON.
import { ActionIcon, Box, Button, Fieldset, Group, JsonInput, Select, Stack, Switch, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useWords } from "../words/catalogue";
import { blankOf, type Field, typedNumber } from "./schema";
import { policyWords } from "./words";

type Record_ = Record<string, unknown>;
const asObject = (value: unknown): Record_ => (typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record_) : {});

type Props = { fields: Field[]; value: unknown; onChange: (value: unknown) => void; errors: Record<string, string>; path?: string; disabled: boolean };

export function SchemaForm({ fields, value, onChange, errors, path = "config", disabled }: Props) {
  const of = asObject(value);
  const set = (name: string, next: unknown) => {
    const { [name]: _, ...rest } = of;
    onChange(next === undefined ? rest : { ...of, [name]: next });
  };
  return (
    <Stack gap="sm">
      {fields.map((field) => (
        <One key={field.name} field={field} value={of[field.name]} onChange={(next) => set(field.name, next)} errors={errors} path={`${path}.${field.name}`} disabled={disabled} />
      ))}
    </Stack>
  );
}

type OneProps = { field: Field; value: unknown; onChange: (value: unknown) => void; errors: Record<string, string>; path: string; disabled: boolean };

function One({ field, value, onChange, errors, path, disabled }: OneProps) {
  const say = useWords(policyWords);
  const shared = { label: field.title, required: field.required, disabled, error: errors[path] ?? null, ...(field.description && { description: field.description }) };
  /** An optional field that is emptied goes away. */
  const optional = (text: string) => (text === "" && !field.required ? undefined : text);
  switch (field.kind) {
    case "text":
      return <TextInput {...shared} value={typeof value === "string" ? value : ""} onChange={(event) => onChange(optional(event.currentTarget.value))} />;
    case "whole":
    case "number":
      return (
        <TextInput
          {...shared}
          inputMode="decimal"
          value={value === undefined || value === null ? "" : String(value)}
          onChange={(event) => {
            const text = event.currentTarget.value;
            onChange(text === "" ? optional(text) : typedNumber(text, field.kind === "whole"));
          }}
        />
      );
    case "choice":
      return <Select {...shared} clearable={!field.required} data={field.options} value={typeof value === "string" ? value : null} onChange={(next) => onChange(next ?? undefined)} />;
    case "flag":
      return <Switch label={field.title} {...(field.description && { description: field.description })} disabled={disabled} error={errors[path] ?? null} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />;
    case "group":
      return (
        <Fieldset legend={field.title} disabled={disabled}>
          <SchemaForm fields={field.fields} value={value} onChange={onChange} errors={errors} path={path} disabled={disabled} />
        </Fieldset>
      );
    case "list": {
      const items: unknown[] = Array.isArray(value) ? value : [];
      return (
        <Fieldset legend={field.title} disabled={disabled}>
          <Stack gap="xs">
            {items.map((item, index) => (
              <Group key={index} wrap="nowrap" align="flex-end" gap="xs">
                <Box flex={1}>
                  <One
                    field={{ ...field.item, title: field.item.title || `${field.title} ${index + 1}` }}
                    value={item}
                    onChange={(next) => onChange(items.with(index, next ?? ""))}
                    errors={errors}
                    path={`${path}.${index}`}
                    disabled={disabled}
                  />
                </Box>
                {!disabled && (
                  <ActionIcon variant="default" size={34} aria-label={say("removeItem", { number: index + 1, name: field.title })} onClick={() => onChange(items.toSpliced(index, 1))}>
                    <IconTrash size={15} />
                  </ActionIcon>
                )}
              </Group>
            ))}
            {!disabled && (
              <Group>
                <Button size="compact-xs" variant="default" leftSection={<IconPlus size={13} />} onClick={() => onChange([...items, blankOf(field.item)])}>
                  {say("addItem")}
                </Button>
              </Group>
            )}
          </Stack>
        </Fieldset>
      );
    }
    case "json":
      return <AsJson {...shared} value={value} onChange={onChange} />;
  }
}

type JsonProps = { label: string; required: boolean; disabled: boolean; error: string | null; description?: string; value: unknown; onChange: (value: unknown) => void };

export function AsJson({ value, onChange, error, ...shared }: JsonProps) {
  const say = useWords(policyWords);
  const [text, setText] = useState(value === undefined ? "" : JSON.stringify(value, null, 2));
  const [wrong, setWrong] = useState(false);
  return (
    <JsonInput
      {...shared}
      autosize
      minRows={3}
      maxRows={18}
      styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
      error={wrong ? say("configWrong") : error}
      value={text}
      onChange={(next) => {
        setText(next);
        try {
          onChange(next.trim() === "" ? undefined : JSON.parse(next));
          setWrong(false);
        } catch {
          setWrong(true);
        }
      }}
    />
  );
}
