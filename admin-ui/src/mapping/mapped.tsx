// Listings that somebody mapped, and changing what they are.
import { Anchor, Button, Group, Modal, Paper, Stack, Table, Text } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { done, flat, paging } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { Listing } from "../api/types_products";
import { MoreButton, useWork } from "../parts/controls";
import { trimmed } from "../parts/decimal";
import { Moment } from "../parts/moment";
import { ProblemAlert, tell } from "../parts/problem";
import { Empty, Loaded } from "../parts/section";
import { Wide } from "../parts/wide";
import { partWords } from "../parts/words";
import { useActorName } from "../people/actor";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { type Choice, isWhole, listingText, type MappingPlace } from "./filters";
import { PartsInput } from "./parts";
import { mappingWords } from "./words";

export function Mapped({ place }: { place: MappingPlace }) {
  const say = useWords(mappingWords);
  const maps = useRight()("products:manage");
  const [changing, change] = useState<Listing | null>(null);
  const { account, product, text } = place;
  const query = { ...(account && { account }), ...(product && { product }), ...(text && { text }), limit: 50 };
  const listings = api.useInfiniteQuery("get", "/api/v1/listings", { params: { query } }, { ...paging, placeholderData: keepPreviousData });
  return (
    <Paper style={{ overflow: "hidden" }}>
      <Loaded of={listings} isEmpty={(data) => flat(data).length === 0} empty={<Empty title={say("noneMapped")} text={say("noneText")} />}>
        {(data) => (
          <Wide>
            <Table fz="sm" miw={820} style={{ verticalAlign: "top" }}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{say("listing")}</Table.Th>
                  <Table.Th>{say("account")}</Table.Th>
                  <Table.Th>{say("is")}</Table.Th>
                  <Table.Th>{say("by")}</Table.Th>
                  <Table.Th>{say("at")}</Table.Th>
                  <Table.Th />
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {flat(data).map((listing) => (
                  <Row key={`${listing.channel_account.id} ${listing.listing}`} listing={listing} onChange={maps ? () => change(listing) : null} />
                ))}
              </Table.Tbody>
            </Table>
          </Wide>
        )}
      </Loaded>
      <MoreButton of={listings} />
      {changing && <ChangeModal listing={changing} onClose={() => change(null)} />}
    </Paper>
  );
}

function Row({ listing, onChange }: { listing: Listing; onChange: (() => void) | null }) {
  const say = useWords(mappingWords);
  const actorName = useActorName();
  return (
    <Table.Tr data-listing={listing.listing}>
      <Table.Td maw={280}>
        <Text size="sm" fw={560} style={{ overflowWrap: "anywhere" }}>
          {listingText(listing.listing).text || say("noName")}
        </Text>
      </Table.Td>
      <Table.Td>{listing.channel_account.name}</Table.Td>
      <Table.Td>
        {listing.parts.map((part) => (
          <Text key={part.sku} size="sm">
            {`${trimmed(part.quantity)} × ${part.sku} · ${part.name}`}
          </Text>
        ))}
      </Table.Td>
      <Table.Td>{actorName(listing.mapped_by)}</Table.Td>
      <Table.Td>
        <Moment at={listing.mapped_at} age />
      </Table.Td>
      <Table.Td ta="right">
        {onChange && (
          <Anchor component="button" type="button" size="xs" onClick={onChange}>
            {say("change")}
          </Anchor>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

function ChangeModal({ listing, onClose }: { listing: Listing; onClose: () => void }) {
  const say = useWords(mappingWords);
  const part = useWords(partWords);
  const work = useWork();
  const [parts, setParts] = useState<Choice>(listing.parts.map(({ sku, quantity }) => ({ sku, quantity: trimmed(quantity) })));
  const save = () =>
    work.run(async () => {
      const mapping = { channel_account_id: listing.channel_account.id, listing: listing.listing, version: listing.version, parts: parts.map(({ sku, quantity }) => ({ sku: sku ?? "", quantity })) };
      const answer = await done(http.POST("/api/v1/listings/map", { body: { mappings: [mapping] } }));
      await refresh("/api/v1/listings");
      tell(say("done", { count: answer.changed }));
      onClose();
    });
  return (
    <Modal opened onClose={onClose} size="lg" title={say("changeTitle", { listing: listingText(listing.listing).text })} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Stack gap="sm">
          <PartsInput parts={parts} known={listing.parts} onChange={setParts} />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy} disabled={!isWhole(parts)}>
              {part("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
