// Companies by name: terms, limit, how much of it is used, what is overdue.
import { Anchor, Button, Group, Select, Table, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { keepPreviousData } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { paging } from "../api/call";
import { api } from "../api/client";
import type { CompanyRow } from "../api/types_credit";
import { Amount } from "../parts/amount";
import { Length } from "../parts/bar";
import { compared } from "../parts/decimal";
import { SearchBox } from "../parts/search_box";
import { FilteredList } from "../parts/filtered_list";
import { Empty, Page } from "../parts/section";
import { ToneBadge } from "../parts/track_badge";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { type CompanyFilters, parseCompanyFilters, statuses } from "./filters";
import { CompanyModal } from "./form";
import { statusTone, useTermsText } from "./terms";
import { companyListWords } from "./words";

export function CompanyListPage() {
  const say = useWords(companyListWords);
  const may = useRight();
  const navigate = useNavigate();
  const filters = parseCompanyFilters(useSearch({ strict: false }));
  const setFilters = (next: CompanyFilters) => void navigate({ to: "/companies", search: next });
  const [adding, add] = useDisclosure(false);
  const companies = api.useInfiniteQuery("get", "/api/v1/companies", { params: { query: { ...filters, limit: 50 } } }, { ...paging, placeholderData: keepPreviousData });
  const filtered = Object.keys(filters).length > 0;
  const { status, ...unstated } = filters;
  const addButton = may("companies:manage") && (
    <Button leftSection={<IconPlus size={16} />} onClick={add.open}>
      {say("add")}
    </Button>
  );
  return (
    <Page title={say("title")} text={say("text")} aside={addButton}>
      <Group gap="xs" mb="sm">
        <SearchBox
          key={filters.text ?? ""}
          label={say("search")}
          value={filters.text ?? ""}
          onSearch={(text) => setFilters({ ...(status && { status }), ...(text && { text }) })}
        />
        <Select
          aria-label={say("status")}
          size="xs"
          w={170}
          styles={{ input: { height: 32 } }}
          clearable
          placeholder={say("anyStatus")}
          data={statuses.map((value) => ({ value, label: say(value) }))}
          value={status ?? null}
          onChange={(value) => setFilters(parseCompanyFilters({ ...unstated, status: value }))}
        />
      </Group>
      <FilteredList of={companies} onClear={filtered ? () => setFilters({}) : undefined} noMatch={say("noMatch")} none={<Empty title={say("none")} text={say("noneText")} action={addButton} />}>
        {(rows) => (
          <Table fz="sm" miw={900} highlightOnHover highlightOnHoverColor="var(--hover)">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{say("name")}</Table.Th>
                <Table.Th>{say("terms")}</Table.Th>
                <Table.Th ta="right">{say("limit")}</Table.Th>
                <Table.Th ta="right">{say("exposure")}</Table.Th>
                <Table.Th ta="right">{say("overdue")}</Table.Th>
                <Table.Th ta="right">{say("heldOrders")}</Table.Th>
                <Table.Th>{say("status")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((company) => (
                <Row key={company.id} company={company} />
              ))}
            </Table.Tbody>
          </Table>
        )}
      </FilteredList>
      {adding && <CompanyModal company={null} onClose={add.close} onSaved={(id) => void navigate({ to: "/companies/$id", params: { id } })} />}
    </Page>
  );
}

function Row({ company }: { company: CompanyRow }) {
  const say = useWords(companyListWords);
  const termsText = useTermsText();
  const { credit_limit: limit, exposure } = company;
  const comparable = limit && exposure && limit.currency === exposure.currency;
  const over = comparable && compared(exposure.amount, limit.amount) > 0;
  return (
    <Table.Tr data-company={company.id}>
      <Table.Td maw={300}>
        <Anchor component={Link} to={`/companies/${company.id}`} size="sm" fw={560} c="inherit">
          {company.name}
        </Anchor>
        <Text size="xs" c="dimmed">
          {[company.tax_code, company.parent?.name].filter(Boolean).join(" · ")}
        </Text>
      </Table.Td>
      <Table.Td maw={220}>
        <Text size="sm" lineClamp={2}>
          {termsText(company.terms)}
        </Text>
      </Table.Td>
      <Table.Td ta="right">{limit ? <Amount of={limit} /> : <Text size="sm" c="dimmed">{say("noLimit")}</Text>}</Table.Td>
      <Table.Td ta="right" miw={140}>
        <Amount of={exposure} quietZero {...(over && { c: "var(--mantine-color-error)" })} />
        {comparable && <Length amount={exposure.amount} longest={limit.amount} tone={over ? "bad" : 1} />}
      </Table.Td>
      <Table.Td ta="right">
        <Amount of={company.overdue} quietZero />
      </Table.Td>
      <Table.Td ta="right" style={{ fontVariantNumeric: "tabular-nums" }}>
        {company.held_orders > 0 ? company.held_orders : "–"}
      </Table.Td>
      <Table.Td>
        <ToneBadge tone={statusTone[company.status] ?? "quiet"}>{say(company.status)}</ToneBadge>
      </Table.Td>
    </Table.Tr>
  );
}
