// Who a customer is, in one or two lines.
import { Group, Text } from "@mantine/core";
import type { Customer } from "../api/types_products";
import { ToneBadge } from "../parts/track_badge";
import { useWords } from "../words/catalogue";
import { customerWords } from "./words";

export function useCustomerName(): (of: Pick<Customer, "name" | "company" | "phone" | "email">) => string {
  const say = useWords(customerWords);
  return ({ name, company, phone, email }) => company ?? name ?? phone ?? email ?? say("unnamed");
}

export function CustomerLines({ of }: { of: Customer }) {
  const say = useWords(customerWords);
  const reached = [of.company ? of.name : null, of.phone, of.email].filter(Boolean).join(" · ");
  return (
    <>
      <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
        {reached}
      </Text>
      <Group gap={6}>
        {of.masked && <ToneBadge tone="quiet">{say("hidden")}</ToneBadge>}
        {of.identity_count > 1 && <ToneBadge tone="quiet">{say("parts", { count: of.identity_count })}</ToneBadge>}
      </Group>
    </>
  );
}
