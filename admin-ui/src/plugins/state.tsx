import type { Installation } from "../api/types_admin";
import { ToneBadge } from "../parts/track_badge";
import { useWords } from "../words/catalogue";
import { pluginWords } from "./words";

export function InstallationState({ of }: { of: Installation }) {
  const say = useWords(pluginWords);
  if (of.breaker === "open") return <ToneBadge tone="bad">{say("breaker")}</ToneBadge>;
  switch (of.state) {
    case "active":
      return <ToneBadge tone="good">{say("active")}</ToneBadge>;
    case "suspended":
      return <ToneBadge tone="wait">{say("suspended")}</ToneBadge>;
    case "installed":
      return <ToneBadge tone="move">{say("waiting")}</ToneBadge>;
  }
}
