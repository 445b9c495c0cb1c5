// The loyalty program: what a point is worth, what is spent for one, how many will come back. A change makes a new version.
import { Button, Group, NumberInput, Stack, Text, TextInput } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { useState } from "react";
import { done } from "../api/call";
import { api, http, refresh, versionTag } from "../api/client";
import type { LoyaltyProgram } from "../api/types_receivables";
import { AmountInput } from "../parts/amount_input";
import { useWork } from "../parts/controls";
import { formatNumber, typedDecimal } from "../parts/decimal";
import { Moment } from "../parts/moment";
import { ProblemAlert, tell } from "../parts/problem";
import { Loaded, Page, Panel } from "../parts/section";
import { partWords } from "../parts/words";
import { useActorName } from "../people/actor";
import { useRight, useSession } from "../session/session";
import { useWords } from "../words/catalogue";
import { ClaimTabs } from "./tabs";
import { claimWords } from "./words";

const daysMax = 3660;

export function LoyaltyPage() {
  const say = useWords(claimWords);
  const program = api.useQuery("get", "/api/v1/loyalty-program");
  return (
    <Page title={say("loyalty")} text={say("loyaltyText")} width={760}>
      <ClaimTabs />
      <Loaded of={program}>{(data) => <Form key={data.version} program={data} />}</Loaded>
    </Page>
  );
}

function Form({ program }: { program: LoyaltyProgram }) {
  const say = useWords(claimWords);
  const part = useWords(partWords);
  const who = useActorName();
  const { i18n } = useLingui();
  const fixed = !useRight()("finance:close");
  const home = useSession()?.tenant?.currency ?? "";
  const currency = program.currency ?? home;
  const written = (decimal: string | undefined) => (decimal === undefined ? "" : formatNumber(decimal, i18n.locale));
  const [worth, setWorth] = useState(written(program.point_value?.amount));
  const [spend, setSpend] = useState(written(program.spend_per_point?.amount));
  const [redeemed, setRedeemed] = useState(written(program.redeemed_percent ?? "80"));
  const [days, setDays] = useState<number | null>(program.valid_days);
  const work = useWork();
  const [point_value, spend_per_point, redeemed_percent] = [worth, spend, redeemed].map((text) => typedDecimal(text, i18n.locale));
  const save = () =>
    work.run(async () => {
      try {
        const body = { currency, point_value: point_value ?? "", spend_per_point: spend_per_point ?? "", redeemed_percent: redeemed_percent ?? "", valid_days: days };
        await done(http.PUT("/api/v1/loyalty-program", { params: { header: { "If-Match": versionTag(program.version) } }, body }));
        tell(say("saved"));
      } finally {
        await refresh("/api/v1/loyalty-program");
      }
    });
  return (
    <Panel>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <fieldset disabled={fixed} style={{ border: 0, margin: 0, padding: 0 }}>
          <Stack gap="sm">
            {program.version === 0 && (
              <Text size="sm" c="dimmed">
                {say("noProgram")}
              </Text>
            )}
            <Group grow align="flex-start">
              <AmountInput label={say("spend")} currency={currency} description={say("spendHint")} required value={spend} onChange={setSpend} />
              <AmountInput label={say("worth")} currency={currency} required value={worth} onChange={setWorth} />
            </Group>
            <Group grow align="flex-start">
              <TextInput label={say("redeemed")} description={say("redeemedHint")} inputWrapperOrder={["label", "input", "description", "error"]} required inputMode="decimal" rightSection="%" error={redeemed_percent === null} value={redeemed} onChange={(event) => setRedeemed(event.currentTarget.value)} />
              <NumberInput
                label={say("validDays")}
                description={say("validHint")}
                inputWrapperOrder={["label", "input", "description", "error"]}
                min={1}
                max={daysMax}
                allowDecimal={false}
                value={days ?? ""}
                onChange={(value) => setDays(value === "" ? null : Number(value))}
              />
            </Group>
            <ProblemAlert problem={work.problem} />
            <Group justify="space-between">
              <Text size="xs" c="dimmed" component="div">
                {program.set_at && program.set_by && (
                  <>
                    <Moment at={program.set_at} /> {say("setBy", { who: who(program.set_by), version: program.version })}
                  </>
                )}
              </Text>
              {!fixed && (
                <Button type="submit" loading={work.busy} disabled={[point_value, spend_per_point, redeemed_percent].includes(null)}>
                  {part("save")}
                </Button>
              )}
            </Group>
          </Stack>
        </fieldset>
      </form>
    </Panel>
  );
}
