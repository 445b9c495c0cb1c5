import type { ChannelAccount, HealthState } from "../api/types_admin";
import { ToneBadge } from "../parts/track_badge";
import type { Tone } from "../parts/tracks";
import { useWords } from "../words/catalogue";
import { channelWords } from "./words";

const tones: Record<HealthState, Tone> = { healthy: "good", waiting: "move", failing: "bad", paused: "quiet" };

export function Health({ account }: { account: ChannelAccount }) {
  const say = useWords(channelWords);
  if (account.state === "disconnected") return <ToneBadge tone="quiet">{say("disconnected")}</ToneBadge>;
  return <ToneBadge tone={tones[account.health.state] ?? "quiet"}>{say(account.health.state)}</ToneBadge>;
}
