// A document of the channel handed in by a person; it takes the same way as a webhook.
import { Anchor, Button, FileButton, Group, Stack, Text, Textarea } from "@mantine/core";
import { IconUpload } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { done } from "../api/call";
import { http, refresh } from "../api/client";
import type { ChannelAccount, Reception } from "../api/types_admin";
import { useWork } from "../parts/controls";
import { ProblemAlert } from "../parts/problem";
import { Panel } from "../parts/section";
import { ToneBadge } from "../parts/track_badge";
import type { Tone } from "../parts/tracks";
import { useWords } from "../words/catalogue";
import { channelWords } from "./words";

const looks: Record<Reception["state"], { tone: Tone; word: "applied" | "ignored" | "quarantinedState" | "duplicate" }> = {
  applied: { tone: "good", word: "applied" },
  ignored: { tone: "quiet", word: "ignored" },
  quarantined: { tone: "bad", word: "quarantinedState" },
  duplicate: { tone: "quiet", word: "duplicate" },
};

export function HandIn({ account }: { account: ChannelAccount }) {
  const say = useWords(channelWords);
  const [text, setText] = useState("");
  const [reception, setReception] = useState<Reception | null>(null);
  const work = useWork();
  const send = () =>
    work.run(async () => {
      setReception(null);
      const answer = await done(
        http.POST("/api/v1/channel-accounts/{id}/documents", {
          params: { path: { id: account.id } },
          body: text,
          bodySerializer: (body) => body,
          headers: { "content-type": "application/json" },
        }),
      );
      setReception(answer);
      if (answer.state !== "quarantined") setText("");
      await refresh("/api/v1/channel-accounts", "/api/v1/orders", "/api/v1/quarantine");
    });
  return (
    <Panel title={say("handIn")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Stack gap="sm">
          <Text size="xs" c="dimmed">
            {say("handInText")}
          </Text>
          <Textarea
            aria-label={say("document")}
            autosize
            minRows={4}
            maxRows={14}
            styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: "0.75rem" } }}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <ProblemAlert problem={work.problem} />
          {reception && <Outcome reception={reception} />}
          <Group gap="xs">
            <Button type="submit" size="xs" loading={work.busy} disabled={!text.trim()}>
              {say("send")}
            </Button>
            <FileButton accept=".json,.txt,application/json" onChange={(file) => file && void file.text().then(setText)}>
              {(props) => (
                <Button {...props} size="xs" variant="default" leftSection={<IconUpload size={14} />}>
                  {say("chooseFile")}
                </Button>
              )}
            </FileButton>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}

export function Outcome({ reception }: { reception: Reception }) {
  const say = useWords(channelWords);
  const look = looks[reception.state];
  return (
    <Group gap="sm" role="status">
      <ToneBadge tone={look.tone}>{say(look.word)}</ToneBadge>
      {reception.reason && <Text size="sm">{reception.reason}</Text>}
      {reception.orders.length === 1 ? (
        <Anchor component={Link} to={`/orders/${reception.orders[0]}`} size="sm">
          {say("ordersTouched", { count: 1 })}
        </Anchor>
      ) : (
        reception.orders.length > 1 && <Text size="sm">{say("ordersTouched", { count: reception.orders.length })}</Text>
      )}
      {reception.state === "quarantined" && (
        <Anchor component={Link} to="/quarantine" size="sm">
          {say("toQuarantine")}
        </Anchor>
      )}
    </Group>
  );
}
