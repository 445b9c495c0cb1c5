// Members of the loyalty program: one who joins, and the points of an order.
import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { done } from "../api/call";
import { http, refresh } from "../api/client";
import type { Claim } from "../api/types_receivables";
import { useWork } from "../parts/controls";
import { ProblemAlert, tell } from "../parts/problem";
import { partWords } from "../parts/words";
import { useWords } from "../words/catalogue";
import { claimWords } from "./words";

export const claimsChanged = () => refresh("/api/v1/claims", "/api/v1/claim-sums", "/api/v1/ledger");

export function JoinMember({ onClose }: { onClose: () => void }) {
  const say = useWords(claimWords);
  const part = useWords(partWords);
  const [code, setCode] = useState("");
  const [holder, setHolder] = useState("");
  const work = useWork();
  const save = () =>
    work.run(async () => {
      await done(http.POST("/api/v1/claims/members", { body: { code: code.trim(), ...(holder.trim() && { holder: holder.trim() }) } }));
      await claimsChanged();
      tell(say("joined"));
      onClose();
    });
  return (
    <Modal opened onClose={onClose} title={say("join")} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Stack gap="sm">
          <TextInput label={say("memberCode")} required maxLength={64} data-autofocus value={code} onChange={(event) => setCode(event.currentTarget.value)} />
          <TextInput label={say("holder")} maxLength={200} value={holder} onChange={(event) => setHolder(event.currentTarget.value)} />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy} disabled={!code.trim()}>
              {say("join")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** The order is found by its number or its channel's. */
export function EarnPoints({ claim, onClose }: { claim: Claim; onClose: () => void }) {
  const say = useWords(claimWords);
  const part = useWords(partWords);
  const [order, setOrder] = useState("");
  const [missing, setMissing] = useState(false);
  const work = useWork();
  const give = () =>
    work.run(async () => {
      const text = order.trim().replace(/^#/, "");
      const found = await done(http.GET("/api/v1/orders", { params: { query: { text, limit: 5 } } }));
      const one = found.data.find(({ number, external_id }) => String(number) === text || external_id === text);
      if (!one) return setMissing(true);
      await done(http.POST("/api/v1/claims/{id}/earn", { params: { path: { id: claim.id } }, body: { order_id: one.id } }));
      await claimsChanged();
      tell(say("earned"));
      onClose();
    });
  return (
    <Modal opened onClose={onClose} title={say("earnTitle", { code: claim.code })} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setMissing(false);
          void give();
        }}
      >
        <Stack gap="sm">
          <Text size="sm">{say("earnText")}</Text>
          <TextInput label={say("earnOrder")} required maxLength={100} data-autofocus error={missing && say("noSuchOrder")} value={order} onChange={(event) => setOrder(event.currentTarget.value)} />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy} disabled={!order.trim()}>
              {say("earn")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
