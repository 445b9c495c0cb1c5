// Payment terms as people say them.
import type { CompanyStatus, DueFrom, Terms } from "../api/types_credit";
import type { Tone } from "../parts/tracks";
import { useWords } from "../words/catalogue";
import { companyListWords } from "./words";

export const dueFromWord = { order: "fromOrder", shipment: "fromShipment", invoice: "fromInvoice", delivery: "fromDelivery" } as const satisfies Record<DueFrom, string>;
export const statusTone: Record<CompanyStatus, Tone> = { active: "good", blocked: "bad", closed: "quiet" };

export function useTermsText(): (terms: Terms) => string {
  const say = useWords(companyListWords);
  return (terms) => {
    switch (terms.kind) {
      case "net":
        return say("netText", { days: terms.days });
      case "end_of_month":
        return say("endText", { days: terms.days });
      case "discount":
        return say("discountText", { days: terms.days, percent: terms.percent, within: terms.discount_days });
      case "instalments":
        return `${say("partsText", { count: terms.parts.length })}: ${terms.parts.map((part) => `${part.percent} % · ${say("netText", { days: part.days })}`).join(", ")}`;
    }
  };
}
