// One bank line, opened: what it was matched to with the way back, or what it may be.
import { Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Link } from "@tanstack/react-router";
import { done } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { BankLineDetail } from "../api/types_bank";
import { Amount } from "../parts/amount";
import { ReasonModal } from "../parts/controls";
import { Moment } from "../parts/moment";
import { Loaded } from "../parts/section";
import { useActorName } from "../people/actor";
import { useWords } from "../words/catalogue";
import { MatchForm } from "./match";
import { bankWords } from "./words";

export const bankChanged = () => refresh("/api/v1/bank", "/api/v1/ledger", "/api/v1/orders");

export function LineDetail({ id }: { id: string }) {
  const line = api.useQuery("get", "/api/v1/bank/lines/{id}", { params: { path: { id } } });
  return <Loaded of={line} rows={3}>{(data) => (data.state === "matched" ? <Matched line={data} /> : <MatchForm key={data.id} line={data} />)}</Loaded>;
}

function Matched({ line }: { line: BankLineDetail }) {
  const say = useWords(bankWords);
  const who = useActorName();
  const [asking, ask] = useDisclosure(false);
  return (
    <Stack gap={8} p="sm">
      <Text size="xs" fw={600}>
        {say("matchedTo")}
      </Text>
      {line.parts.map((part, index) => (
        <Group key={index} gap="md" data-part={part.account}>
          {part.order_id ? (
            <Anchor component={Link} to={`/orders/${part.order_id}`} size="sm">
              {`#${part.order_number}`}
            </Anchor>
          ) : null}
          <Text size="sm" c="dimmed">
            {part.account}
          </Text>
          <Amount of={part.amount} fz="sm" />
        </Group>
      ))}
      <Text size="sm">{line.why}</Text>
      <Text size="xs" c="dimmed" component="div">
        <Moment at={line.matched_at} />
        {line.matched_by && ` · ${line.how === "rule" ? say("byRule") : who(line.matched_by)}`}
      </Text>
      {line.actions.includes("unmatch") && (
        <Group>
          <Button size="xs" variant="default" onClick={ask.open}>
            {say("unmatch")}
          </Button>
          <ReasonModal
            opened={asking}
            onClose={ask.close}
            title={say("unmatch")}
            text={say("unmatchText")}
            label={say("why")}
            action={say("unmatch")}
            danger
            onGive={async (reason) => {
              await done(http.POST("/api/v1/bank/lines/{id}/unmatch", { params: { path: { id: line.id } }, body: { reason } }));
              await bankChanged();
            }}
          />
        </Group>
      )}
    </Stack>
  );
}
