// Price lists by name: for whom, in which version, how long.
import { Anchor, Button, Group, Modal, Paper, Select, Stack, Table, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { done, flat, paging } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { PriceList } from "../api/types_sales";
import { CompanySelect } from "../companies/form";
import { MoreButton, useWork } from "../parts/controls";
import { Day } from "../parts/moment";
import { ProblemAlert, tell } from "../parts/problem";
import { Empty, Loaded, Page } from "../parts/section";
import { ToneBadge } from "../parts/track_badge";
import { Wide } from "../parts/wide";
import { partWords } from "../parts/words";
import { useRight, useSession } from "../session/session";
import { useWords } from "../words/catalogue";
import { emptyVersion, VersionFields, versionOf } from "./version_form";
import { priceWords } from "./words";

export function PriceListsPage() {
  const say = useWords(priceWords);
  const may = useRight();
  const [adding, add] = useDisclosure(false);
  const lists = api.useInfiniteQuery("get", "/api/v1/price-lists", { params: { query: { limit: 50 } } }, paging);
  const addButton = may("prices:manage") && (
    <Button leftSection={<IconPlus size={16} />} onClick={add.open}>
      {say("add")}
    </Button>
  );
  return (
    <Page title={say("title")} text={say("text")} aside={addButton}>
      <Paper style={{ overflow: "hidden" }}>
        <Loaded of={lists} isEmpty={(data) => flat(data).length === 0} empty={<Empty title={say("none")} text={say("noneText")} action={addButton} />}>
          {(data) => (
            <Wide>
              <Table fz="sm" miw={820} highlightOnHover highlightOnHoverColor="var(--hover)">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{say("name")}</Table.Th>
                    <Table.Th>{say("forWhom")}</Table.Th>
                    <Table.Th>{say("valid")}</Table.Th>
                    <Table.Th>{say("tax")}</Table.Th>
                    <Table.Th ta="right">{say("prices")}</Table.Th>
                    <Table.Th />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {flat(data).map((list) => (
                    <Row key={list.id} list={list} />
                  ))}
                </Table.Tbody>
              </Table>
            </Wide>
          )}
        </Loaded>
        <MoreButton of={lists} />
      </Paper>
      {adding && <NewList onClose={add.close} />}
    </Page>
  );
}

export function useForWhom() {
  const say = useWords(priceWords);
  return (list: PriceList) => (list.companies.length > 0 ? list.companies.map(({ name }) => name).join(", ") : say(list.segment ?? "everybody"));
}

export function useTaxText() {
  const say = useWords(priceWords);
  return ({ newest }: PriceList) => (newest.tax_rate === null ? say("taxDefault") : say(newest.prices_include_tax ? "taxIn" : "taxOn", { rate: newest.tax_rate }));
}

function Row({ list }: { list: PriceList }) {
  const say = useWords(priceWords);
  const forWhom = useForWhom();
  const taxText = useTaxText();
  const { newest } = list;
  return (
    <Table.Tr data-list={list.id}>
      <Table.Td maw={280}>
        <Anchor component={Link} to={`/price-lists/${list.id}`} size="sm" fw={560} c="inherit">
          {list.name}
        </Anchor>
        <Text size="xs" c="dimmed">
          {`${list.currency} · ${say("version", { number: newest.version })}`}
        </Text>
      </Table.Td>
      <Table.Td maw={260}>
        <Text size="sm" lineClamp={2}>
          {forWhom(list)}
        </Text>
      </Table.Td>
      <Table.Td>
        <Day of={newest.valid_from} /> – {newest.valid_until ? <Day of={newest.valid_until} /> : say("always")}
      </Table.Td>
      <Table.Td>{taxText(list)}</Table.Td>
      <Table.Td ta="right" style={{ fontVariantNumeric: "tabular-nums" }}>
        {newest.prices}
      </Table.Td>
      <Table.Td>{list.archived_at && <ToneBadge tone="quiet">{say("archived")}</ToneBadge>}</Table.Td>
    </Table.Tr>
  );
}

function NewList({ onClose }: { onClose: () => void }) {
  const say = useWords(priceWords);
  const part = useWords(partWords);
  const navigate = useNavigate();
  const work = useWork();
  const [name, setName] = useState("");
  const [currency, setCurrency] = useState(useSession()?.tenant?.currency ?? "");
  const [segment, setSegment] = useState("b2b");
  const [company, setCompany] = useState<string | null>(null);
  const [version, setVersion] = useState(emptyVersion);
  const save = () =>
    work.run(async () => {
      const body = { name: name.trim(), currency: currency.trim().toUpperCase(), segment: segment === "b2b" || segment === "b2c" ? segment : null, company_ids: company ? [company] : [], prices: versionOf(version) } as const;
      const made = await done(http.POST("/api/v1/price-lists", { body: { ...body, company_ids: [...body.company_ids] } }));
      await refresh("/api/v1/price-lists");
      tell(say("saved"));
      void navigate({ to: "/price-lists/$id", params: { id: made.id } });
    });
  return (
    <Modal opened onClose={onClose} size="xl" title={say("add")} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Stack gap="sm">
          <Group grow align="flex-start">
            <TextInput label={say("name")} required maxLength={120} data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
            <TextInput label={say("currency")} required maxLength={3} value={currency} onChange={(event) => setCurrency(event.currentTarget.value)} />
          </Group>
          <Group grow align="flex-start">
            <Select
              label={say("forWhom")}
              allowDeselect={false}
              data={[
                { value: "b2b", label: say("b2b") },
                { value: "b2c", label: say("b2c") },
                { value: "", label: say("everybody") },
              ]}
              value={segment}
              onChange={(value) => setSegment(value ?? "")}
            />
            <CompanySelect label={say("company")} description={say("companyHint")} value={company} onChange={setCompany} />
          </Group>
          <VersionFields values={version} onChange={setVersion} />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy} disabled={!name.trim() || !version.csv.trim()}>
              {part("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
