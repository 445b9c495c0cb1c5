// How a refusal of the server is told to a person.
import { Alert, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconAlertTriangle } from "@tabler/icons-react";
import { i18n } from "@lingui/core";
import type { Problem } from "../api/types";
import { type Say, useWords, type Words } from "../words/catalogue";
import { fieldRefusalWords, refusalWords } from "./refusals";
import { partWords } from "./words";

type PartSay = Say<(typeof partWords)["words"]>;

export function explain(problem: Problem, say: PartSay): string {
  switch (problem.code) {
    case "wrong_credentials":
      return say("wrongCredentials");
    case "locked_out":
      return say("lockedOut");
    case "unreachable":
      return say("unreachable");
    case "beyond_authority":
      return say("beyondAuthority");
    case "own_request":
      return say("ownRequest");
    case "approved_already":
      return say("approvedAlready");
    case "ended_already":
      return say("endedAlready");
  }
  if (problem.errors?.some((error) => error.code === "invalid_link")) return say("expired");
  if (problem.status === 403) return say("forbidden");
  if (problem.status === 404) return say("notFound");
  if (problem.status === 412) return say("stale");
  if (problem.status === 429) return say("tooMany");
  if (problem.errors?.length) return problem.errors.map(toldField).join("; ");
  return translated(refusalWords, problem.code) ?? problem.detail ?? problem.title ?? say("unexpected");
}

/** The server speaks English. For who reads another language a code that is known is said in it. */
function translated({ room, words }: { room: string; words: Words }, code: string | undefined): string | null {
  return i18n.locale !== "en" && code && code in words ? i18n._(`${room}.${code}`) : null;
}

type FieldError = NonNullable<Problem["errors"]>[number];

/** What a value must be is told by the server alone. */
function toldField({ code, detail }: FieldError): string {
  const told = translated(fieldRefusalWords, code);
  return told === null ? detail : code === "invalid_value" ? `${told}: ${detail}` : told;
}

/** `errors` of the problem as form errors: `/email` is the field `email`. */
export function fieldErrors(problem: Problem): Record<string, string> {
  return Object.fromEntries(
    (problem.errors ?? [])
      .map((error) => [error.pointer.replace(/^[#/]+/, "").replaceAll("/", "."), toldField(error)] as const)
      .filter(([field]) => field !== ""),
  );
}

export function ProblemAlert({ problem }: { problem: unknown }) {
  const say = useWords(partWords);
  if (!problem) return null;
  const told = problem as Problem;
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle size={18} />} role="alert">
      <Text size="sm" c="var(--mantine-color-text)">
        {explain(told, say)}
      </Text>
      {told.request_id && (
        <Text size="xs" c="dimmed" mt={4}>
          {say("reference", { id: told.request_id })}
        </Text>
      )}
    </Alert>
  );
}

const sayNow: PartSay = (key, values) => i18n._(`part.${key}`, values);

function show(message: string, color: string, autoClose: number): void {
  notifications.show({ message, color, autoClose, closeButtonProps: { "aria-label": sayNow("close") } });
}

/** For writes that have no form to put the message into. */
export function tellProblem(problem: unknown): void {
  show(explain(problem as Problem, sayNow), "red", 8000);
}

export function tell(message: string): void {
  show(message, "petrol", 4000);
}
