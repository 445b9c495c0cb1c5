// Invitations that went out.
import { Button, Paper, Table, Text } from "@mantine/core";
import { done, flat, paging } from "../api/call";
import { api, http, refresh } from "../api/client";
import { MoreButton, Sure } from "../parts/controls";
import { Moment } from "../parts/moment";
import { Loaded } from "../parts/section";
import { ToneBadge } from "../parts/track_badge";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { RoleBadges } from "./people";
import { peopleWords } from "./words";
import { Wide } from "../parts/wide";

const states = ["pending", "accepted", "revoked", "expired"] as const;

export function Invitations() {
  const say = useWords(peopleWords);
  const may = useRight();
  const invitations = api.useInfiniteQuery("get", "/api/v1/invitations", { params: { query: { limit: 50 } } }, paging);
  const none = (
    <Text size="sm" c="dimmed" p="md">
      {say("noInvitations")}
    </Text>
  );
  return (
    <Paper style={{ overflow: "hidden" }}>
      <Loaded of={invitations} rows={3} isEmpty={(data) => flat(data).length === 0} empty={none}>
        {(data) => (
          <Wide>
            <Table fz="sm" miw={600}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{say("email")}</Table.Th>
                  <Table.Th>{say("roles")}</Table.Th>
                  <Table.Th>{say("state")}</Table.Th>
                  <Table.Th>{say("expires")}</Table.Th>
                  <Table.Th />
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {flat(data).map((invitation) => {
                  const state = states.find((each) => each === invitation.state);
                  return (
                    <Table.Tr key={invitation.id}>
                      <Table.Td>{invitation.email}</Table.Td>
                      <Table.Td>
                        <RoleBadges roles={invitation.roles} />
                      </Table.Td>
                      <Table.Td>
                        <ToneBadge tone={invitation.state === "accepted" ? "good" : state === "pending" ? "wait" : "quiet"}>{state ? say(state) : invitation.state}</ToneBadge>
                      </Table.Td>
                      <Table.Td>
                        <Moment at={invitation.expires_at} />
                      </Table.Td>
                      <Table.Td ta="right">
                        {may("people:manage") && (state === "pending" || state === undefined) && (
                          <Sure
                            title={say("takeBackTitle", { email: invitation.email })}
                            text={say("takeBackText")}
                            action={say("takeBack")}
                            onSure={async () => {
                              await done(http.DELETE("/api/v1/invitations/{id}", { params: { path: { id: invitation.id } } }));
                              await refresh("/api/v1/invitations");
                            }}
                          >
                            {(ask) => (
                              <Button size="compact-xs" variant="default" onClick={ask}>
                                {say("takeBack")}
                              </Button>
                            )}
                          </Sure>
                        )}
                      </Table.Td>
                    </Table.Tr>
                  );
                })}
              </Table.Tbody>
            </Table>
          </Wide>
        )}
      </Loaded>
      <MoreButton of={invitations} />
    </Paper>
  );
}
