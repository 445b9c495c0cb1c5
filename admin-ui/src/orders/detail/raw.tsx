// The channel's own messages, byte for byte.
import { Accordion, Group, Stack, Text } from "@mantine/core";
import { api } from "../../api/client";
import { CodeView } from "../../parts/code_view";
import { Moment } from "../../parts/moment";
import { Empty, Loaded, Panel } from "../../parts/section";
import { useWords } from "../../words/catalogue";
import { detailWords } from "./words";

export function Raw({ id }: { id: string }) {
  const say = useWords(detailWords);
  const raw = api.useQuery("get", "/api/v1/orders/{id}/raw", { params: { path: { id } } });
  return (
    <Panel flush>
      <Loaded of={raw} isEmpty={(answer) => answer.data.length === 0} empty={<Empty title={say("noRaw")} />}>
        {(answer) => (
          <Accordion defaultValue={answer.data[0]?.inbox_id ?? null} variant="filled">
            {answer.data.map((message) => (
              <Accordion.Item key={message.inbox_id} value={message.inbox_id}>
                <Accordion.Control>
                  <Group gap="sm">
                    <Moment at={message.received_at} />
                    <Text size="sm">{message.origin}</Text>
                    <Text size="xs" c="dimmed" truncate maw={360}>
                      {message.message_key}
                    </Text>
                  </Group>
                </Accordion.Control>
                <Accordion.Panel>
                  <Stack gap="sm">
                    <CodeView text={message.body} label={say(message.body_is_base64 ? "bodyBase64" : "body")} />
                    <CodeView text={JSON.stringify(message.headers)} label={say("headers")} height={180} />
                  </Stack>
                </Accordion.Panel>
              </Accordion.Item>
            ))}
          </Accordion>
        )}
      </Loaded>
    </Panel>
  );
}
