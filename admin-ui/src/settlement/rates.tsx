// What the marketplace should keep of a sale, in percent by kind of fee.
import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useState } from "react";
import { done } from "../api/call";
import { api, http } from "../api/client";
import type { SettlementShop } from "../api/types_settlement";
import { useWork } from "../parts/controls";
import { ProblemAlert } from "../parts/problem";
import { Loaded } from "../parts/section";
import { partWords } from "../parts/words";
import { useWords } from "../words/catalogue";
import { settlementChanged } from "./statements";
import { settlementWords } from "./words";

const kinds = ["mkt_commission", "mkt_payment_fee", "mkt_service_fee", "mkt_affiliate", "mkt_shipping", "mkt_other_fee", "withholding_tax"] as const;

export function Rates({ shop }: { shop: SettlementShop }) {
  const say = useWords(settlementWords);
  const part = useWords(partWords);
  const [opened, dialog] = useDisclosure(false);
  return (
    <>
      <Button size="xs" variant="default" onClick={dialog.open}>
        {say("rates")}
      </Button>
      <Modal opened={opened} onClose={dialog.close} title={`${say("rates")} · ${shop.name}`} closeButtonProps={{ "aria-label": part("close") }}>
        {opened && <Form shop={shop} onClose={dialog.close} />}
      </Modal>
    </>
  );
}

function Form({ shop, onClose }: { shop: SettlementShop; onClose: () => void }) {
  const say = useWords(settlementWords);
  const part = useWords(partWords);
  const rates = api.useQuery("get", "/api/v1/settlement/shops/{id}/rates", { params: { path: { id: shop.id } } });
  const [typed, setTyped] = useState<Partial<Record<(typeof kinds)[number], string>>>({});
  const work = useWork();
  return (
    <Loaded of={rates}>
      {(known) => {
        const value = (kind: (typeof kinds)[number]) => typed[kind] ?? known.rates.find((rate) => rate.kind === kind)?.percent ?? "";
        const save = () =>
          work.run(async () => {
            const wanted = kinds.map((kind) => ({ kind, percent: value(kind).trim().replace(",", ".") })).filter(({ percent }) => percent !== "");
            await done(http.PUT("/api/v1/settlement/shops/{id}/rates", { params: { path: { id: shop.id } }, body: { rates: wanted } }));
            await settlementChanged();
            onClose();
          });
        return (
          <Stack gap="xs">
            <Text size="sm" c="dimmed">
              {say("ratesText")}
            </Text>
            {kinds.map((kind) => (
              <TextInput key={kind} size="xs" label={say(kind)} inputMode="decimal" rightSection="%" value={value(kind)} onChange={(event) => setTyped({ ...typed, [kind]: event.currentTarget.value })} />
            ))}
            <ProblemAlert problem={work.problem} />
            <Group justify="flex-end" gap="xs">
              <Button variant="default" onClick={onClose}>
                {part("cancel")}
              </Button>
              <Button loading={work.busy} onClick={() => void save()}>
                {part("save")}
              </Button>
            </Group>
          </Stack>
        );
      }}
    </Loaded>
  );
}
