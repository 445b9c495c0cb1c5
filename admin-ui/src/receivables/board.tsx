// The ageing board: a row for each debtor, a click on a number shows the items behind it.
import { Anchor, Group, Paper, Stack, Table, Text, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Fragment } from "react";
import { api } from "../api/client";
import { searchText } from "../api/search";
import type { Ageing, Debtor } from "../api/types_receivables";
import { Amount } from "../parts/amount";
import { formatDay } from "../parts/moment";
import { Empty, Loaded, Page, Panel } from "../parts/section";
import { Wide } from "../parts/wide";
import { useWords } from "../words/catalogue";
import { buckets, parseReceivablePlace, type ReceivablePlace } from "./filters";
import { Items } from "./items";
import { ReceivableTabs } from "./tabs";
import { receivableWords } from "./words";

export function AgeingPage() {
  const say = useWords(receivableWords);
  const navigate = useNavigate();
  const place = parseReceivablePlace(useSearch({ strict: false }));
  const ageing = api.useQuery("get", "/api/v1/receivables/ageing");
  return (
    <Page title={say("title")} text={say("text")} width={1100}>
      <ReceivableTabs />
      <Loaded of={ageing} rows={8} isEmpty={({ data, sums }) => data.length === 0 && sums.length === 0} empty={<Paper><Empty title={say("none")} text={say("noneText")} /></Paper>}>
        {(board) => (
          <Stack gap="md">
            {board.sums.map(({ currency }) => (
              <Currency key={currency} board={board} currency={currency} place={place} onPlace={(next) => void navigate({ to: "/receivables", search: parseReceivablePlace(next) })} />
            ))}
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

type Props = { board: Ageing; currency: string; place: ReceivablePlace; onPlace: (place: ReceivablePlace) => void };

function Currency({ board, currency, place, onPlace }: Props) {
  const say = useWords(receivableWords);
  const sum = board.sums.find((each) => each.currency === currency);
  const debtors = board.data.filter(({ total }) => total.currency === currency);
  return (
    <Panel title={currency} flush>
      <Wide>
        <Table fz="sm" miw={860}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{say("debtor")}</Table.Th>
              {buckets.map((bucket) => (
                <Table.Th key={bucket} ta="right">
                  {say(bucket)}
                </Table.Th>
              ))}
              <Table.Th ta="right">{say("total")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {debtors.map((debtor) => (
              <Row key={debtor.debtor} debtor={debtor} currency={currency} place={place} onPlace={onPlace} />
            ))}
          </Table.Tbody>
          {sum && (
            <Table.Tfoot>
              <Table.Tr>
                <Table.Th>{say("total")}</Table.Th>
                {sum.buckets.map(({ bucket, amount }) => (
                  <Table.Th key={bucket} ta="right">
                    <Amount of={amount} quietZero />
                  </Table.Th>
                ))}
                <Table.Th ta="right">
                  <Amount of={sum.total} strong />
                </Table.Th>
              </Table.Tr>
            </Table.Tfoot>
          )}
        </Table>
      </Wide>
      {sum && (
        <Group gap="xl" p="md">
          {(["ledger", "unapplied", "allowance"] as const).map((word) => (
            <div key={word} data-sum={word}>
              <Text size="xs" c="dimmed">
                {say(word)}
              </Text>
              <Amount of={sum[word]} quietZero />
            </div>
          ))}
        </Group>
      )}
    </Panel>
  );
}

type RowProps = { debtor: Debtor } & Pick<Props, "currency" | "place" | "onPlace">;

function Row({ debtor, currency, place, onPlace }: RowProps) {
  const say = useWords(receivableWords);
  const { i18n } = useLingui();
  const isOpen = place.debtor === debtor.debtor && place.currency === currency;
  const notes = [debtor.promised_on && say("promised", { day: formatDay(debtor.promised_on, i18n.locale) }), debtor.dunning_level && say("level", { level: debtor.dunning_level })];
  const name = debtor.name ?? (debtor.debtor === "none" ? say("consumers") : debtor.debtor);
  return (
    <Fragment>
      <Table.Tr data-debtor={name}>
        <Table.Td>
          <UnstyledButton aria-expanded={isOpen} onClick={() => onPlace(isOpen && !place.bucket ? {} : { debtor: debtor.debtor, currency })}>
            <Text size="sm" fw={600}>
              {name}
            </Text>
          </UnstyledButton>
          <Text size="xs" c="dimmed">
            {notes.filter(Boolean).join(" · ")}
          </Text>
        </Table.Td>
        {debtor.buckets.map(({ bucket, amount }) => (
          <Table.Td key={bucket} ta="right">
            <UnstyledButton onClick={() => onPlace(isOpen && place.bucket === bucket ? {} : { debtor: debtor.debtor, currency, bucket })}>
              <VisuallyHidden>{`${name} ${say(bucket)}`}</VisuallyHidden>
              <Amount of={amount} quietZero />
            </UnstyledButton>
          </Table.Td>
        ))}
        <Table.Td ta="right">
          <Amount of={debtor.total} strong />
        </Table.Td>
      </Table.Tr>
      {isOpen && (
        <Table.Tr>
          <Table.Td colSpan={buckets.length + 2}>
            {debtor.company_id && (
              <Group gap="md">
                <Anchor component={Link} to={`/receivables/payments?${searchText({ company: debtor.company_id })}`} size="xs">
                  {say("payments")}
                </Anchor>
                <Anchor component={Link} to={`/receivables/statement?${searchText({ company: debtor.company_id })}`} size="xs">
                  {say("statement")}
                </Anchor>
              </Group>
            )}
            <Items debtor={debtor.debtor} currency={currency} bucket={place.bucket} />
          </Table.Td>
        </Table.Tr>
      )}
    </Fragment>
  );
}
