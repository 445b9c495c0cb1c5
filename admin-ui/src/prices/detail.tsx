// One price list: its prices in a version, and the versions there were.
import { Anchor, Button, Grid, Group, Modal, Stack, Table, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useLingui } from "@lingui/react";
import { IconPlus } from "@tabler/icons-react";
import { keepPreviousData } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { done, flat, paging } from "../api/call";
import { api, http, refresh, versionTag } from "../api/client";
import type { PriceList } from "../api/types_sales";
import { Amount } from "../parts/amount";
import { MoreButton, useWork } from "../parts/controls";
import { formatNumber } from "../parts/decimal";
import { Day, Moment } from "../parts/moment";
import { ProblemAlert, tell } from "../parts/problem";
import { SearchBox } from "../parts/search_box";
import { Empty, Loaded, Page, Panel } from "../parts/section";
import { ToneBadge } from "../parts/track_badge";
import { Wide } from "../parts/wide";
import { partWords } from "../parts/words";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { useForWhom, useTaxText } from "./list";
import { emptyVersion, VersionFields, versionOf } from "./version_form";
import { priceWords } from "./words";

export function PriceListPage() {
  const { id } = useParams({ strict: false });
  const list = api.useQuery("get", "/api/v1/price-lists/{id}", { params: { path: { id: id ?? "" } } });
  return <Loaded of={list}>{(data) => <Whole list={data} />}</Loaded>;
}

function Whole({ list }: { list: PriceList }) {
  const say = useWords(priceWords);
  const may = useRight();
  const forWhom = useForWhom();
  const taxText = useTaxText();
  const [version, setVersion] = useState(list.newest.version);
  const [renewing, renew] = useDisclosure(false);
  const work = useWork();
  const archive = () =>
    work.run(async () => {
      await done(http.PATCH("/api/v1/price-lists/{id}", { params: { path: { id: list.id }, header: { "If-Match": versionTag(list.version) } }, body: { archived: !list.archived_at } }));
      await refresh("/api/v1/price-lists");
    });
  const aside = may("prices:manage") && (
    <>
      <Button variant="default" loading={work.busy} onClick={() => void archive()}>
        {say(list.archived_at ? "restore" : "archive")}
      </Button>
      <Button leftSection={<IconPlus size={16} />} onClick={renew.open}>
        {say("renew")}
      </Button>
    </>
  );
  return (
    <Page title={list.name} text={[list.currency, forWhom(list), taxText(list)].join(" · ")} aside={aside}>
      <Anchor component={Link} to="/price-lists" size="sm" c="dimmed">
        {say("title")}
      </Anchor>
      {list.archived_at && <ToneBadge tone="quiet">{say("archived")}</ToneBadge>}
      <ProblemAlert problem={work.problem} />
      <Grid mt="sm">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Prices list={list} version={version} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Versions list={list} chosen={version} onChoose={setVersion} />
        </Grid.Col>
      </Grid>
      {renewing && <Renew list={list} onClose={renew.close} onSaved={setVersion} />}
    </Page>
  );
}

function Prices({ list, version }: { list: PriceList; version: number }) {
  const say = useWords(priceWords);
  const { i18n } = useLingui();
  const may = useRight();
  const sees = may("prices:margin");
  const floors = may("prices:manage") || may("prices:approve");
  const [text, setText] = useState("");
  const prices = api.useInfiniteQuery(
    "get",
    "/api/v1/price-lists/{id}/prices",
    { params: { path: { id: list.id }, query: { version, ...(text && { text }), limit: 100 } } },
    { ...paging, placeholderData: keepPreviousData },
  );
  const money = (amount: string | null | undefined) => (amount ? { amount, currency: list.currency } : null);
  return (
    <Panel flush title={`${say("prices")} · ${say("version", { number: version })}`} aside={<SearchBox label={say("search")} value={text} onSearch={(next) => setText(next ?? "")} />}>
      <Loaded of={prices} isEmpty={(data) => flat(data).length === 0} empty={<Empty title={say("noPrice")} />}>
        {(data) => (
          <Wide>
            <Table fz="sm" miw={560}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{say("sku")}</Table.Th>
                  <Table.Th ta="right">{say("minQuantity")}</Table.Th>
                  <Table.Th ta="right">{say("price")}</Table.Th>
                  {floors && <Table.Th ta="right">{say("floor")}</Table.Th>}
                  {sees && <Table.Th ta="right">{say("cost")}</Table.Th>}
                  {sees && <Table.Th ta="right">{say("margin")}</Table.Th>}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {flat(data).map((price) => (
                  <Table.Tr key={`${price.sku} ${price.min_quantity}`}>
                    <Table.Td>
                      <Text size="sm" fw={560}>
                        {price.sku}
                      </Text>
                      <Text size="xs" c="dimmed">
                        {price.name}
                      </Text>
                    </Table.Td>
                    <Table.Td ta="right">{formatNumber(price.min_quantity, i18n.locale)}</Table.Td>
                    <Table.Td ta="right">
                      <Amount of={money(price.price)} strong />
                    </Table.Td>
                    {floors && (
                      <Table.Td ta="right">
                        <Amount of={money(price.floor)} />
                      </Table.Td>
                    )}
                    {sees && (
                      <Table.Td ta="right">
                        <Amount of={money(price.cost)} />
                      </Table.Td>
                    )}
                    {sees && <Table.Td ta="right">{price.margin_percent ? `${formatNumber(price.margin_percent, i18n.locale)} %` : "–"}</Table.Td>}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Wide>
        )}
      </Loaded>
      <MoreButton of={prices} />
    </Panel>
  );
}

function Versions({ list, chosen, onChoose }: { list: PriceList; chosen: number; onChoose: (version: number) => void }) {
  const say = useWords(priceWords);
  const versions = api.useQuery("get", "/api/v1/price-lists/{id}/versions", { params: { path: { id: list.id } } });
  return (
    <Panel title={say("versions")}>
      <Loaded of={versions}>
        {({ data }) => (
          <Stack gap="xs">
            {data.map((each) => (
              <Button key={each.version} variant={each.version === chosen ? "light" : "subtle"} justify="flex-start" h="auto" py={6} onClick={() => onChoose(each.version)}>
                <Stack gap={0} align="flex-start">
                  <Text size="sm" fw={560}>
                    {say("version", { number: each.version })} · {each.prices}
                  </Text>
                  <Text size="xs" c="dimmed">
                    <Day of={each.valid_from} /> – {each.valid_until ? <Day of={each.valid_until} /> : say("always")}
                  </Text>
                  <Text size="xs" c="dimmed">
                    <Moment at={each.made_at} /> {each.note}
                  </Text>
                </Stack>
              </Button>
            ))}
          </Stack>
        )}
      </Loaded>
    </Panel>
  );
}

function Renew({ list, onClose, onSaved }: { list: PriceList; onClose: () => void; onSaved: (version: number) => void }) {
  const say = useWords(priceWords);
  const part = useWords(partWords);
  const work = useWork();
  const { newest } = list;
  const [values, setValues] = useState({ ...emptyVersion, included: newest.prices_include_tax, rate: newest.tax_rate ?? "", until: newest.valid_until ?? "" });
  const save = () =>
    work.run(async () => {
      const header = { "If-Match": versionTag(list.version) };
      const made = await done(http.POST("/api/v1/price-lists/{id}/versions", { params: { path: { id: list.id }, header }, body: versionOf(values) }));
      await refresh("/api/v1/price-lists");
      onSaved(made.newest.version);
      tell(say("saved"));
      onClose();
    });
  return (
    <Modal opened onClose={onClose} size="xl" title={say("renew")} closeButtonProps={{ "aria-label": part("close") }}>
      <Stack gap="sm">
        <VersionFields values={values} onChange={setValues} keep />
        <ProblemAlert problem={work.problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {part("cancel")}
          </Button>
          <Button loading={work.busy} onClick={() => void save()}>
            {part("save")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
