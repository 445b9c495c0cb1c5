// Whose work a hold is by its age, and how long it stands when nobody decides. All are saved together.
import { ActionIcon, Button, Group, Select, Stack, Text } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { done } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { HoldType } from "../api/types";
import type { HoldExpiry, HoldTimes, NewHoldTimes } from "../api/types_credit";
import { AgeInput } from "../parts/age_input";
import { useWork } from "../parts/controls";
import { ProblemAlert, tell } from "../parts/problem";
import { Loaded, Page, Panel } from "../parts/section";
import { usePair } from "../parts/track_badge";
import { holds } from "../parts/tracks";
import { partWords } from "../parts/words";
import { useRoleName } from "../people/role_name";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { LimitTabs } from "./tabs";
import { limitWords } from "./words";

const minutesMax = 525_600;
const types = Object.keys(holds) as HoldType[];
/** The server keeps at most four steps of a type. */
const stepsMax = types.length * 4;
type Step = NewHoldTimes["steps"][number];

export function HoldTimesPage() {
  const say = useWords(limitWords);
  const times = api.useQuery("get", "/api/v1/hold-times");
  return (
    <Page title={say("times")} text={say("timesText")} width={1080}>
      <LimitTabs />
      <Loaded of={times}>{(data) => <Form key={JSON.stringify(data)} times={data} />}</Loaded>
    </Page>
  );
}

function Form({ times }: { times: HoldTimes }) {
  const say = useWords(limitWords);
  const part = useWords(partWords);
  const pair = usePair();
  const may = useRight();
  const roleName = useRoleName();
  const fixed = !may("roles:manage");
  const roles = api.useQuery("get", "/api/v1/roles", { params: { query: { limit: 200 } } }, { enabled: may("people:read") });
  const [steps, setSteps] = useState<Step[]>(times.steps.map(({ hold_type, role_id, after_minutes }) => ({ hold_type, role_id, after_minutes })));
  const [expiries, setExpiries] = useState<HoldExpiry[]>(times.expiries);
  const work = useWork();
  const known = [...times.steps.map(({ role_id, role_name }) => ({ id: role_id, name: role_name })), ...(roles.data?.data ?? [])];
  const roleOptions = known.filter(({ id }, index) => known.findIndex((each) => each.id === id) === index).map(({ id, name }) => ({ value: id, label: roleName(name) }));
  const typeOptions = types.map((value) => ({ value, label: pair(holds[value].name) }));
  const free = types.find((type) => !expiries.some(({ hold_type }) => hold_type === type));
  const setStep = (index: number, change: Partial<Step>) => setSteps(steps.with(index, { ...(steps[index] as Step), ...change }));
  const setExpiry = (index: number, change: Partial<HoldExpiry>) => setExpiries(expiries.with(index, { ...(expiries[index] as HoldExpiry), ...change }));
  const save = () =>
    work.run(async () => {
      // Steps of a type go up with age.
      const sorted = steps.toSorted((a, b) => types.indexOf(a.hold_type) - types.indexOf(b.hold_type) || a.after_minutes - b.after_minutes);
      await done(http.PUT("/api/v1/hold-times", { body: { steps: sorted, expiries } }));
      await refresh("/api/v1/hold-times", "/api/v1/holds");
      tell(say("saved"));
    });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Stack gap="md">
        <Panel title={say("steps")}>
          <Stack gap="sm">
            <Text size="sm" c="dimmed">
              {say(steps.length === 0 ? "noSteps" : "stepsText")}
            </Text>
            {steps.map((step, index) => (
              <Group key={index} gap="xs" align="flex-end" role="group" aria-label={say("step", { number: index + 1 })}>
                <Select flex="1 1 140px" label={say("type")} allowDeselect={false} disabled={fixed} data={typeOptions} value={step.hold_type} onChange={(type) => setStep(index, { hold_type: (type ?? "credit") as HoldType })} />
                <AgeInput label={say("after")} minutes={step.after_minutes} min={0} max={minutesMax} disabled={fixed} onChange={(after_minutes) => setStep(index, { after_minutes })} />
                <Select flex="1 1 160px" label={say("workOf")} required allowDeselect={false} disabled={fixed} data={roleOptions} value={step.role_id || null} onChange={(role) => setStep(index, { role_id: role ?? "" })} />
                {!fixed && <Remove label={say("removeStep", { number: index + 1 })} onClick={() => setSteps(steps.toSpliced(index, 1))} />}
              </Group>
            ))}
            {!fixed && (
              <Group>
                <Button variant="default" size="xs" leftSection={<IconPlus size={14} />} disabled={steps.length >= stepsMax} onClick={() => setSteps([...steps, { hold_type: "credit", role_id: "", after_minutes: 60 }])}>
                  {say("addStep")}
                </Button>
              </Group>
            )}
          </Stack>
        </Panel>
        <Panel title={say("expiries")}>
          <Stack gap="sm">
            <Text size="sm" c="dimmed">
              {say(expiries.length === 0 ? "noExpiries" : "expiriesText")}
            </Text>
            {expiries.map((expiry, index) => (
              <Group key={index} gap="xs" align="flex-end" role="group" aria-label={say("expiry", { number: index + 1 })}>
                <Select
                  flex="1 1 140px"
                  label={say("type")}
                  allowDeselect={false}
                  disabled={fixed}
                  data={typeOptions.filter(({ value }) => value === expiry.hold_type || !expiries.some(({ hold_type }) => hold_type === value))}
                  value={expiry.hold_type}
                  onChange={(type) => setExpiry(index, { hold_type: (type ?? expiry.hold_type) as HoldType })}
                />
                <AgeInput label={say("after")} minutes={expiry.after_minutes} min={1} max={minutesMax} disabled={fixed} onChange={(after_minutes) => setExpiry(index, { after_minutes })} />
                <Select
                  flex="1 1 200px"
                  label={say("then")}
                  allowDeselect={false}
                  disabled={fixed}
                  data={[
                    { value: "off", label: say("callsOff") },
                    { value: "go", label: say("letsGo") },
                  ]}
                  value={expiry.calls_off ? "off" : "go"}
                  onChange={(then) => setExpiry(index, { calls_off: then === "off" })}
                />
                {!fixed && <Remove label={say("removeExpiry", { number: index + 1 })} onClick={() => setExpiries(expiries.toSpliced(index, 1))} />}
              </Group>
            ))}
            {!fixed && (
              <Group>
                <Button variant="default" size="xs" leftSection={<IconPlus size={14} />} disabled={!free} onClick={() => free && setExpiries([...expiries, { hold_type: free, after_minutes: 1440, calls_off: true }])}>
                  {say("addExpiry")}
                </Button>
              </Group>
            )}
          </Stack>
        </Panel>
        <ProblemAlert problem={work.problem} />
        {!fixed && (
          <Group justify="flex-end">
            <Button type="submit" loading={work.busy} disabled={steps.some(({ role_id }) => !role_id)}>
              {part("save")}
            </Button>
          </Group>
        )}
      </Stack>
    </form>
  );
}

function Remove({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <ActionIcon variant="default" size={36} aria-label={label} onClick={onClick}>
      <IconTrash size={16} />
    </ActionIcon>
  );
}
