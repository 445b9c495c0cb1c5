// Everything that happened, newest first, with who and why.
import { Anchor, Box, Text, Timeline as Rail } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { useState } from "react";
import { flat, paging } from "../../api/call";
import { api } from "../../api/client";
import type { TimelineEntry } from "../../api/types";
import { CodeView } from "../../parts/code_view";
import { MoreButton } from "../../parts/controls";
import { formatMoment, Moment } from "../../parts/moment";
import { Empty, Loaded, Panel } from "../../parts/section";
import { useActorName } from "../../people/actor";
import { useTenantZone } from "../../session/session";
import { useWords } from "../../words/catalogue";
import { detailWords } from "./words";

const lateMs = 60_000;

export function Timeline({ id }: { id: string }) {
  const say = useWords(detailWords);
  const entries = api.useInfiniteQuery("get", "/api/v1/orders/{id}/timeline", { params: { path: { id }, query: { limit: 50 } } }, paging);
  return (
    <Panel>
      <Loaded of={entries} isEmpty={(data) => flat(data).length === 0} empty={<Empty title={say("noEvents")} />}>
        {(data) => (
          <Rail bulletSize={11} lineWidth={2} active={-1}>
            {flat(data).map((entry) => (
              <Entry key={entry.id} entry={entry} />
            ))}
          </Rail>
        )}
      </Loaded>
      <MoreButton of={entries} />
    </Panel>
  );
}

function Entry({ entry, ...rail }: { entry: TimelineEntry }) {
  const say = useWords(detailWords);
  const { i18n } = useLingui();
  const zone = useTenantZone();
  const who = useActorName();
  const [open, setOpen] = useState(false);
  const late = Date.parse(entry.recorded_at) - Date.parse(entry.at) > lateMs;
  return (
    <Rail.Item {...rail} title={<Text size="sm">{entry.summary}</Text>}>
      <Text size="xs" c="dimmed">
        <Moment at={entry.at} /> {`· ${who(entry.actor)}`}
        {late && ` · ${say("told", { when: formatMoment(entry.recorded_at, i18n.locale, zone) })}`}
        {" · "}
        <Anchor component="button" size="xs" aria-expanded={open} onClick={() => setOpen(!open)}>
          {say("details")}
        </Anchor>
      </Text>
      {open && (
        <Box mt={6}>
          <CodeView text={JSON.stringify({ kind: entry.kind, cause: entry.cause, body: entry.body })} label={say("details")} height={260} />
        </Box>
      )}
    </Rail.Item>
  );
}
