// The person: who, where, with which rights.
import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { done } from "../api/call";
import { http } from "../api/client";
import type { Session } from "../api/types";
import { useWork } from "../parts/controls";
import { ProblemAlert, tell } from "../parts/problem";
import { Page, Panel } from "../parts/section";
import { ToneBadge } from "../parts/track_badge";
import { useRightName } from "../people/right_list";
import { useSession } from "../session/session";
import { useWords } from "../words/catalogue";
import { companyWords } from "./words";

export function ProfilePage() {
  const session = useSession();
  return session && <Profile session={session} />;
}

function Profile({ session: { person, tenant, tenants, rights } }: { session: Session }) {
  const say = useWords(companyWords);
  const right = useRightName();
  const work = useWork();
  const reset = () =>
    work.run(async () => {
      await done(http.POST("/api/v1/password-reset/request", { body: { email: person.email } }));
      tell(say("sent", { email: person.email }));
    });
  return (
    <Page title={say("profile")} width={720}>
      <Stack gap="md">
        <Panel>
          <Group justify="space-between">
            <div>
              <Text fw={600}>{person.name}</Text>
              <Text size="sm" c="dimmed">
                {person.email}
              </Text>
            </div>
            <ToneBadge tone={person.email_verified ? "good" : "wait"}>{say(person.email_verified ? "confirmed" : "unconfirmed")}</ToneBadge>
          </Group>
        </Panel>
        <Panel title={say("password")}>
          <Group justify="space-between">
            <Text size="sm" c="dimmed">
              {say("passwordText")}
            </Text>
            <Button variant="default" loading={work.busy} onClick={() => void reset()}>
              {say("changePassword")}
            </Button>
          </Group>
          <ProblemAlert problem={work.problem} />
        </Panel>
        <Panel title={say("companies")}>
          <Stack gap={6}>
            {tenants.map((each) => (
              <Group key={each.id} gap="sm">
                <Text size="sm">{each.name}</Text>
                {each.id === tenant?.id && (
                  <Text size="xs" c="dimmed">
                    {say("here")}
                  </Text>
                )}
              </Group>
            ))}
          </Stack>
        </Panel>
        <Panel title={say("rights")}>
          <Group gap={6}>
            {rights.map((each) => (
              <Badge key={each} variant="default" radius="sm" tt="none" fw={500}>
                {right(each)}
              </Badge>
            ))}
          </Group>
        </Panel>
      </Stack>
    </Page>
  );
}
