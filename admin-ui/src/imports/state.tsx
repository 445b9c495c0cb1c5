import type { Import } from "../api/types_admin";
import { ToneBadge } from "../parts/track_badge";
import type { Tone } from "../parts/tracks";
import { useWords } from "../words/catalogue";
import { importWords } from "./words";

const tones: Record<Import["state"], Tone> = { uploaded: "wait", running: "move", done: "good", failed: "bad", cancelled: "quiet", undoing: "move", undone: "quiet" };

export function ImportState({ state }: { state: Import["state"] }) {
  const say = useWords(importWords);
  return <ToneBadge tone={tones[state] ?? "quiet"}>{say(state)}</ToneBadge>;
}
