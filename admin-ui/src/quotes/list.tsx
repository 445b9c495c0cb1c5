// Quotes, newest first.
import { Anchor, Button, Group, Select, Table, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { keepPreviousData } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { paging } from "../api/call";
import { api } from "../api/client";
import type { QuoteRow } from "../api/types_sales";
import { Amount } from "../parts/amount";
import { Day, Moment } from "../parts/moment";
import { FilteredList } from "../parts/filtered_list";
import { Empty, Page } from "../parts/section";
import { ToneBadge } from "../parts/track_badge";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { parseQuoteFilters, quoteStates } from "./filters";
import { quoteTone } from "./states";
import { quoteWords } from "./words";

export function QuoteListPage() {
  const say = useWords(quoteWords);
  const may = useRight();
  const navigate = useNavigate();
  const filters = parseQuoteFilters(useSearch({ strict: false }));
  const quotes = api.useInfiniteQuery("get", "/api/v1/quotes", { params: { query: { ...filters, limit: 50 } } }, { ...paging, placeholderData: keepPreviousData });
  const addButton = may("quotes:write") && (
    <Button component={Link} to="/quotes/new" leftSection={<IconPlus size={16} />}>
      {say("add")}
    </Button>
  );
  return (
    <Page title={say("title")} text={say("text")} aside={addButton}>
      <Group gap="xs" mb="sm">
        <Select
          aria-label={say("state")}
          size="xs"
          w={170}
          clearable
          placeholder={say("anyState")}
          data={quoteStates.map((value) => ({ value, label: say(value) }))}
          value={filters.state ?? null}
          onChange={(state) => void navigate({ to: "/quotes", search: parseQuoteFilters({ state }) })}
        />
      </Group>
      <FilteredList of={quotes} onClear={filters.state ? () => void navigate({ to: "/quotes", search: {} }) : undefined} noMatch={say("noMatch")} none={<Empty title={say("none")} text={say("noneText")} action={addButton} />}>
        {(rows) => (
          <Table fz="sm" miw={860} highlightOnHover highlightOnHoverColor="var(--hover)">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{say("title")}</Table.Th>
                <Table.Th>{say("company")}</Table.Th>
                <Table.Th ta="right">{say("total")}</Table.Th>
                <Table.Th>{say("validUntil")}</Table.Th>
                <Table.Th>{say("updated")}</Table.Th>
                <Table.Th>{say("state")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((quote) => (
                <Row key={quote.id} quote={quote} />
              ))}
            </Table.Tbody>
          </Table>
        )}
      </FilteredList>
    </Page>
  );
}

function Row({ quote }: { quote: QuoteRow }) {
  const say = useWords(quoteWords);
  return (
    <Table.Tr data-quote={quote.id}>
      <Table.Td>
        <Anchor component={Link} to={`/quotes/${quote.id}`} size="sm" fw={560} c="inherit">
          {say("number", { number: String(quote.number) })}
        </Anchor>
      </Table.Td>
      <Table.Td maw={280}>
        <Text size="sm" truncate>
          {quote.company.name}
        </Text>
      </Table.Td>
      <Table.Td ta="right">
        <Amount of={quote.total} />
      </Table.Td>
      <Table.Td>
        <Day of={quote.valid_until} />
      </Table.Td>
      <Table.Td>
        <Moment at={quote.updated_at} age />
      </Table.Td>
      <Table.Td>
        <ToneBadge tone={quoteTone[quote.state]}>{say(quote.state)}</ToneBadge>
        {quote.waiting > 0 && (
          <Text size="xs" c="dimmed">
            {say("waiting", { count: quote.waiting })}
          </Text>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
