// What a company says about holds and states: who releases, whose work it is by age, what must not be.
import { Views } from "../parts/views";
import { useWords } from "../words/catalogue";
import { limitWords } from "./words";

export function LimitTabs() {
  const say = useWords(limitWords);
  const of = [
    { to: "/approval-limits", name: say("title") },
    { to: "/approval-limits/times", name: say("times") },
    { to: "/approval-limits/tracks", name: say("tracks") },
  ];
  return <Views label={say("views")} of={of} />;
}
