// A company's name, terms and limit, in a dialog.
import { ActionIcon, Button, Group, Modal, NumberInput, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDebouncedValue } from "@mantine/hooks";
import { useLingui } from "@lingui/react";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { done } from "../api/call";
import { api, http, refresh, versionTag } from "../api/client";
import type { Problem } from "../api/types";
import type { Company, CompanyDraft, CompanyStatus, DueFrom, Terms } from "../api/types_credit";
import { AmountInput } from "../parts/amount_input";
import { useWork } from "../parts/controls";
import { formatNumber, typedDecimal } from "../parts/decimal";
import { fieldErrors, ProblemAlert, tell } from "../parts/problem";
import { partWords } from "../parts/words";
import { neededRule } from "../session/rules";
import { useSession } from "../session/session";
import { sessionWords } from "../session/words";
import { useWords } from "../words/catalogue";
import { statuses } from "./filters";
import { dueFromWord } from "./terms";
import { companyListWords } from "./words";

type Values = {
  name: string;
  tax_code: string;
  parent_id: string | null;
  kind: Terms["kind"];
  days: number;
  parts: { percent: string; days: number }[];
  discount_days: number;
  percent: string;
  due_from: DueFrom;
  limit: string;
  currency: string;
  deposit: string;
  deposit_days: string;
  status: CompanyStatus;
  note: string;
};

const dayMax = 3650;
const partsMax = 24;

export function termsOf({ kind, days, parts, discount_days, percent }: Pick<Values, "kind" | "days" | "parts" | "discount_days" | "percent">): Terms {
  if (kind === "discount") return { kind, days, discount_days, percent: percent.trim() };
  return kind === "instalments" ? { kind, parts: parts.map((part) => ({ percent: part.percent.trim(), days: part.days })) } : { kind, days };
}

type Props = { company: Company | null; onClose: () => void; onSaved?: (id: string) => void };

export function CompanyModal({ company, onClose, onSaved }: Props) {
  const say = useWords(companyListWords);
  const part = useWords(partWords);
  const { i18n } = useLingui();
  const needed = neededRule(useWords(sessionWords));
  const tenant = useSession()?.tenant;
  const work = useWork();
  const terms = company?.terms ?? { kind: "net" as const, days: 30 };
  const form = useForm<Values>({
    initialValues: {
      name: company?.name ?? "",
      tax_code: company?.tax_code ?? "",
      parent_id: company?.parent?.id ?? null,
      kind: terms.kind,
      days: terms.kind === "instalments" ? 30 : terms.days,
      parts: terms.kind === "instalments" ? terms.parts : [{ percent: "50", days: 0 }, { percent: "50", days: 30 }],
      discount_days: terms.kind === "discount" ? terms.discount_days : 10,
      percent: terms.kind === "discount" ? terms.percent : "2",
      due_from: company?.due_from ?? "shipment",
      limit: company?.credit_limit ? formatNumber(company.credit_limit.amount, i18n.locale) : "",
      currency: company?.credit_limit?.currency ?? tenant?.currency ?? "",
      deposit: company?.deposit ? formatNumber(company.deposit.percent, i18n.locale) : "",
      deposit_days: company?.deposit?.days?.toString() ?? "",
      status: company?.status ?? "active",
      note: company?.note ?? "",
    },
    validate: { name: needed, limit: (text) => (text.trim() !== "" && typedDecimal(text, i18n.locale) === null ? part("noAmount") : null) },
  });
  const { values } = form;
  const save = form.onSubmit(() =>
    work.run(async () => {
      const limit = typedDecimal(values.limit, i18n.locale);
      const ahead = typedDecimal(values.deposit, i18n.locale);
      const body: CompanyDraft = {
        name: values.name.trim(),
        tax_code: values.tax_code.trim() || null,
        parent_id: values.parent_id,
        terms: termsOf(values),
        due_from: values.due_from,
        credit_limit: limit === null ? null : { amount: limit, currency: values.currency.trim().toUpperCase() },
        deposit: ahead === null ? null : { percent: ahead, days: values.deposit_days.trim() ? Number(values.deposit_days) : null },
        status: values.status,
        note: values.note.trim() || null,
      };
      try {
        const saved = company
          ? await done(http.PATCH("/api/v1/companies/{id}", { params: { path: { id: company.id }, header: { "If-Match": versionTag(company.version) } }, body }))
          : await done(http.POST("/api/v1/companies", { body }));
        tell(say("saved"));
        onClose();
        onSaved?.(saved.id);
        await refresh("/api/v1/companies", "/api/v1/holds");
      } catch (refused) {
        const problem = refused as Problem;
        form.setErrors(fieldErrors(problem));
        if (problem.status === 412) await refresh("/api/v1/companies");
        throw refused;
      }
    }),
  );
  return (
    <Modal opened onClose={onClose} size="lg" title={company ? say("editTitle", { name: company.name }) : say("add")} closeButtonProps={{ "aria-label": part("close") }}>
      <form onSubmit={save} noValidate>
        <Stack gap="sm">
          <Group grow align="flex-start">
            <TextInput label={say("name")} required maxLength={200} data-autofocus {...form.getInputProps("name")} />
            <TextInput label={say("taxCode")} maxLength={40} {...form.getInputProps("tax_code")} />
          </Group>
          <Group grow align="flex-start">
            <ParentSelect company={company} value={values.parent_id} onChange={(id) => form.setFieldValue("parent_id", id)} />
            <Select label={say("status")} allowDeselect={false} data={statuses.map((value) => ({ value, label: say(value) }))} {...form.getInputProps("status")} />
          </Group>
          <Group grow align="flex-start">
            <AmountInput label={say("limit")} currency={values.currency} description={say("limitHint")} value={values.limit} onChange={(text) => form.setFieldValue("limit", text)} />
            <TextInput label={say("currency")} maxLength={3} {...form.getInputProps("currency")} />
          </Group>
          <Group grow align="flex-start">
            <Select
              label={say("terms")}
              allowDeselect={false}
              data={(["net", "end_of_month", "discount", "instalments"] as const).map((value) => ({ value, label: say(value) }))}
              {...form.getInputProps("kind")}
            />
            {values.kind !== "instalments" && <NumberInput label={say("days")} min={0} max={dayMax} allowDecimal={false} {...form.getInputProps("days")} onChange={(days) => form.setFieldValue("days", Number(days) || 0)} />}
            <Select
              label={say("dueFrom")}
              allowDeselect={false}
              data={(Object.keys(dueFromWord) as DueFrom[]).map((value) => ({ value, label: say(dueFromWord[value]) }))}
              {...form.getInputProps("due_from")}
            />
          </Group>
          {values.kind === "discount" && (
            <Group grow align="flex-start">
              <TextInput label={say("percent")} inputMode="decimal" maxLength={8} {...form.getInputProps("percent")} />
              <NumberInput label={say("discountDays")} min={0} max={dayMax} allowDecimal={false} value={values.discount_days} onChange={(days) => form.setFieldValue("discount_days", Number(days) || 0)} />
            </Group>
          )}
          <Group grow align="flex-start">
            <TextInput label={say("deposit")} description={say("depositHint")} inputWrapperOrder={["label", "input", "description", "error"]} inputMode="decimal" maxLength={8} {...form.getInputProps("deposit")} />
            <TextInput label={say("depositDays")} description={say("depositDaysHint")} inputWrapperOrder={["label", "input", "description", "error"]} inputMode="numeric" maxLength={3} {...form.getInputProps("deposit_days")} />
          </Group>
          {values.kind === "instalments" && (
            <Stack gap={8}>
              {values.parts.map((each, index) => (
                <Group key={index} gap="xs" align="flex-end" wrap="nowrap" role="group" aria-label={say("part", { number: index + 1 })}>
                  <TextInput label={say("percent")} inputMode="decimal" flex={1} maxLength={8} {...form.getInputProps(`parts.${index}.percent`)} />
                  <NumberInput
                    label={say("days")}
                    flex={1}
                    min={0}
                    max={dayMax}
                    allowDecimal={false}
                    value={each.days}
                    onChange={(days) => form.setFieldValue(`parts.${index}.days`, Number(days) || 0)}
                  />
                  <ActionIcon
                    variant="default"
                    size={36}
                    disabled={values.parts.length === 1}
                    aria-label={say("removePart", { number: index + 1 })}
                    onClick={() => form.removeListItem("parts", index)}
                  >
                    <IconTrash size={16} />
                  </ActionIcon>
                </Group>
              ))}
              {values.parts.length < partsMax && (
                <Group>
                  <Button size="compact-sm" variant="default" leftSection={<IconPlus size={14} />} onClick={() => form.insertListItem("parts", { percent: "", days: 30 })}>
                    {say("addPart")}
                  </Button>
                </Group>
              )}
            </Stack>
          )}
          <Textarea label={say("note")} autosize minRows={2} maxLength={2000} {...form.getInputProps("note")} />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy}>
              {part("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function ParentSelect({ company, value, onChange }: { company: Company | null; value: string | null; onChange: (id: string | null) => void }) {
  const say = useWords(companyListWords);
  return <CompanySelect label={say("parent")} description={say("parentHint")} known={company?.parent ?? null} except={company?.id} value={value} onChange={onChange} />;
}

type SelectProps = {
  label: string;
  description?: string;
  /** Shown before anything is searched. */
  known?: { id: string; name: string } | null;
  except?: string | undefined;
  value: string | null;
  onChange: (id: string | null) => void;
};

/** Companies found by name while typing. */
export function CompanySelect({ label, description, known, except, value, onChange }: SelectProps) {
  const [text, setText] = useState("");
  const [settled] = useDebouncedValue(text.trim(), 200);
  const searched = settled === known?.name ? "" : settled;
  const found = api.useQuery("get", "/api/v1/companies", { params: { query: { ...(searched && { text: searched }), limit: 20 } } });
  const options = [...(known ? [known] : []), ...(found.data?.data ?? [])].filter((each, index, all) => each.id !== except && all.findIndex(({ id }) => id === each.id) === index);
  return (
    <Select
      label={label}
      {...(description && { description, inputWrapperOrder: ["label", "input", "description", "error"] as const satisfies ("label" | "input" | "description" | "error")[] })}
      searchable
      clearable
      data={options.map(({ id, name }) => ({ value: id, label: name }))}
      filter={({ options: all }) => all}
      onSearchChange={setText}
      value={value}
      onChange={onChange}
    />
  );
}
