// The decision about one price: approve it, answer with another, or refuse.
import { Button, Group, Modal, SegmentedControl, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { type ReactNode, useState } from "react";
import { done } from "../api/call";
import { http, refresh, versionTag } from "../api/client";
import type { PriceDecision, PriceRequest } from "../api/types_sales";
import { Amount } from "../parts/amount";
import { AmountInput } from "../parts/amount_input";
import { useWork } from "../parts/controls";
import { formatNumber, typedDecimal } from "../parts/decimal";
import { ProblemAlert, tell } from "../parts/problem";
import { partWords } from "../parts/words";
import { useWords } from "../words/catalogue";
import { approvalWords } from "./words";

export function Decide({ request, onClose }: { request: PriceRequest; onClose: () => void }) {
  const say = useWords(approvalWords);
  const part = useWords(partWords);
  const { i18n } = useLingui();
  const [decision, setDecision] = useState<PriceDecision["decision"]>("approve");
  const [text, setText] = useState("");
  const [until, setUntil] = useState("");
  const [reason, setReason] = useState("");
  const work = useWork();
  const price = typedDecimal(text, i18n.locale);
  const wrong = (decision === "counter" && price === null) || (decision === "reject" && !reason.trim());
  const give = () =>
    work.run(async () => {
      const body: PriceDecision = {
        decision,
        ...(decision === "counter" && price !== null && { price }),
        ...(decision !== "reject" && until && { frozen_until: until }),
        ...(reason.trim() && { reason: reason.trim() }),
      };
      try {
        await done(http.POST("/api/v1/approvals/{id}/decide", { params: { path: { id: request.id }, header: { "If-Match": versionTag(request.version) } }, body }));
        tell(say("done"));
        onClose();
      } finally {
        await refresh("/api/v1/approvals", "/api/v1/quotes", "/api/v1/orders", "/api/v1/holds");
      }
    });
  return (
    <Modal opened onClose={onClose} title={say("decideTitle", { quantity: formatNumber(request.quantity, i18n.locale), sku: request.sku, company: request.company.name })} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void give();
        }}
      >
        <Stack gap="sm">
          <Fact label={say("asked")}>
            <Amount of={request.asked_price} strong />
          </Fact>
          {request.list && (
            <Fact label={say("list")}>
              <Amount of={{ amount: request.list.price, currency: request.asked_price.currency }} />
            </Fact>
          )}
          {request.discount_percent && <Fact label={say("discount")}>{`${formatNumber(request.discount_percent, i18n.locale)} %`}</Fact>}
          {request.margin_percent && <Fact label={say("margin")}>{`${formatNumber(request.margin_percent, i18n.locale)} %`}</Fact>}
          <Fact label={say("value")}>
            <Amount of={request.value} />
          </Fact>
          <Fact label={say("requestedBy")}>{request.reason}</Fact>
          <SegmentedControl
            fullWidth
            value={decision}
            onChange={(value) => setDecision(value as PriceDecision["decision"])}
            data={[
              { value: "approve", label: say("approve") },
              { value: "counter", label: say("counter") },
              { value: "reject", label: say("reject") },
            ]}
          />
          {decision === "counter" && <AmountInput label={say("counterPrice")} currency={request.asked_price.currency} required value={text} onChange={setText} />}
          {decision !== "reject" && (
            <TextInput type="date" label={say("frozenUntil")} description={say("frozenHint")} inputWrapperOrder={["label", "input", "description", "error"]} value={until} onChange={(event) => setUntil(event.currentTarget.value)} />
          )}
          <Textarea
            label={say("reason")}
            required={decision === "reject"}
            {...(decision === "reject" && { description: say("reasonNeeded") })}
            autosize
            minRows={2}
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy} disabled={wrong}>
              {say(decision)}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Group justify="space-between" gap="sm" wrap="nowrap" align="baseline">
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text size="sm" component="div" ta="right">
        {children}
      </Text>
    </Group>
  );
}
