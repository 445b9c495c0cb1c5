// The only renderer of a status: a coloured dot and a word, calm in both colour schemes.
import { Tooltip } from "@mantine/core";
import { useLingui } from "@lingui/react";
import type { DeliveryTrack, HoldType, InvoiceTrack, PaymentTrack } from "../api/types";
import type { Pair } from "../words/catalogue";
import styles from "./track_badge.module.css";
import { delivery, holds, invoice, payment, type StateLook, type Tone } from "./tracks";

type Props = { bare?: boolean } & (
  | { track: "payment"; state: PaymentTrack }
  | { track: "delivery"; state: DeliveryTrack }
  | { track: "invoice"; state: InvoiceTrack }
  | { track: "hold"; state: HoldType }
);

/** A state this build does not know yet is shown by its own word, never dropped. */
function unknown(state: string): StateLook {
  return { tone: "quiet", name: [state, state], meaning: [state, state] };
}

export function lookOf(props: Props): StateLook {
  switch (props.track) {
    case "payment":
      return payment[props.state] ?? unknown(props.state);
    case "delivery":
      return delivery[props.state] ?? unknown(props.state);
    case "invoice":
      return invoice[props.state] ?? unknown(props.state);
    case "hold":
      return holds[props.state] ?? unknown(props.state);
  }
}

export function usePair(): (pair: Pair) => string {
  const { i18n } = useLingui();
  return (pair) => (i18n.locale === "vi" ? pair[1] : pair[0]);
}

export function TrackBadge(props: Props) {
  const say = usePair();
  const look = lookOf(props);
  return (
    <Tooltip label={say(look.meaning)}>
      <span>
        <ToneBadge tone={look.tone} bare={props.bare} hold={props.track === "hold"}>
          {say(look.name)}
        </ToneBadge>
      </span>
    </Tooltip>
  );
}

type ToneProps = { tone: Tone; bare?: boolean | undefined; hold?: boolean; children: React.ReactNode };

/** For states that are no track: an account's health, an import, an invitation. */
export function ToneBadge({ tone, bare = false, hold = false, children }: ToneProps) {
  return (
    <span className={styles["badge"]} data-tone={tone} data-bare={bare || undefined} data-hold={hold || undefined}>
      {children}
    </span>
  );
}
