// An account's backlog at its channel, and how long its access lives.
import { Alert, Box, Button, Group, Text } from "@mantine/core";
import { useLingui } from "@lingui/react";
import type { ReactNode } from "react";
import { done, flat, paging } from "../api/call";
import { api, http } from "../api/client";
import type { ChannelAccount } from "../api/types_admin";
import { MoreButton, useWork } from "../parts/controls";
import { formatNumber } from "../parts/decimal";
import { Moment } from "../parts/moment";
import { tellProblem } from "../parts/problem";
import { Loaded, Panel } from "../parts/section";
import { useWords } from "../words/catalogue";
import { ErrandLine } from "./errand";
import { errandWords } from "./words";

export function AccountErrands({ account }: { account: ChannelAccount }) {
  return account.errands ? <Backlog account={account} backlog={account.errands} /> : null;
}

function Backlog({ account, backlog }: { account: ChannelAccount; backlog: NonNullable<ChannelAccount["errands"]> }) {
  const say = useWords(errandWords);
  const { i18n } = useLingui();
  const open = api.useInfiniteQuery("get", "/api/v1/channel-accounts/{id}/errands", { params: { path: { id: account.id }, query: { open: true, limit: 20 } } }, paging);
  return (
    <Panel title={say("backlog")} flush>
      <Box p="md">
        <Group gap="xl">
          <Figure label={say("open")}>{formatNumber(backlog.waiting, i18n.locale)}</Figure>
          <Figure label={say("lost")}>{formatNumber(backlog.failed, i18n.locale)}</Figure>
          {backlog.oldest_at && (
            <Figure label={say("oldest")}>
              <Moment at={backlog.oldest_at} age />
            </Figure>
          )}
        </Group>
        {backlog.breaker === "open" && (
          <Alert color="yellow" variant="light" mt="sm">
            <Text size="sm" c="var(--mantine-color-text)" component="div">
              {say("breakerOpen")} {backlog.opens_at && <Moment at={backlog.opens_at} />}
            </Text>
          </Alert>
        )}
        {backlog.last_error && (
          <Text size="xs" mt="sm" component="div" style={{ overflowWrap: "anywhere" }}>
            <Text span size="xs" c="dimmed">
              {say("lastError")} {"· "}
              {backlog.last_error_at && <Moment at={backlog.last_error_at} />}
            </Text>
            <br />
            {backlog.last_error}
          </Text>
        )}
      </Box>
      <Loaded
        of={open}
        rows={2}
        isEmpty={(data) => flat(data).length === 0}
        empty={
          <Text size="sm" c="dimmed" px="md" pb="md">
            {say("allOpen")}
          </Text>
        }
      >
        {(data) => (
          <>
            {flat(data).map((errand) => (
              <ErrandLine key={errand.id} errand={errand} />
            ))}
            <MoreButton of={open} />
          </>
        )}
      </Loaded>
    </Panel>
  );
}

/** How long the channel lets us in, and the way there. */
export function Access({ account, manages }: { account: ChannelAccount; manages: boolean }) {
  const say = useWords(errandWords);
  const work = useWork();
  if (!account.installation_id || account.state === "disconnected") return null;
  const { tokens } = account;
  const go = () =>
    work.run(async () => {
      try {
        const link = await done(http.POST("/api/v1/channel-accounts/{id}/authorization", { params: { path: { id: account.id } } }));
        window.location.assign(link.url);
      } catch (problem) {
        tellProblem(problem);
      }
    });
  return (
    <Panel
      title={say("access")}
      aside={
        manages && (
          <Button size="compact-xs" variant={tokens?.needs_reconnecting ? "filled" : "default"} loading={work.busy} onClick={() => void go()}>
            {say("connect")}
          </Button>
        )
      }
    >
      {tokens?.needs_reconnecting && (
        <Alert color="red" variant="light" mb="sm">
          <Text size="sm" c="var(--mantine-color-text)">
            {say("reconnect")}
          </Text>
        </Alert>
      )}
      <Text size="sm" c="dimmed" mb="xs">
        {say("accessText")}
      </Text>
      <Line label={say("accessUntil")}>{tokens?.access_until ? <Moment at={tokens.access_until} /> : say("unknownEnd")}</Line>
      {tokens?.renews_at && (
        <Line label={say("renewsAt")}>
          <Moment at={tokens.renews_at} />
        </Line>
      )}
      {tokens?.refresh_until && (
        <Line label={say("refreshUntil")}>
          <Moment at={tokens.refresh_until} />
        </Line>
      )}
      {tokens?.error && (
        <Text size="xs" mt="xs" style={{ overflowWrap: "anywhere" }}>
          {tokens.error}
        </Text>
      )}
    </Panel>
  );
}

/** What became of a visit to the channel, as the address says. */
export function CameBack({ word }: { word: string | undefined }) {
  const say = useWords(errandWords);
  if (!word) return null;
  return (
    <Alert color={word === "yes" ? "green" : "red"} variant="light" mb="md">
      <Text size="sm" c="var(--mantine-color-text)">
        {word === "yes" ? say("connected") : say("notConnected", { reason: word.replaceAll("_", " ") })}
      </Text>
    </Alert>
  );
}

function Line({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Group justify="space-between" gap="xs">
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text size="sm" component="div">
        {children}
      </Text>
    </Group>
  );
}

function Figure({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Box>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text size="lg" fw={600} style={{ fontVariantNumeric: "tabular-nums" }} component="div">
        {children}
      </Text>
    </Box>
  );
}
