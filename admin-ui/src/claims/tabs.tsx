// What customers hold, and the program by which they earn points.
import { Views } from "../parts/views";
import { useWords } from "../words/catalogue";
import { claimWords } from "./words";

export function ClaimTabs() {
  const say = useWords(claimWords);
  const of = [
    { to: "/claims", name: say("claims") },
    { to: "/claims/loyalty", name: say("loyalty") },
  ];
  return <Views label={say("views")} of={of} />;
}
