import { Button } from "@mantine/core";
import { IconMapOff } from "@tabler/icons-react";
import { type ErrorComponentProps, Link } from "@tanstack/react-router";
import { Empty } from "../parts/section";
import { ProblemAlert } from "../parts/problem";
import { partWords } from "../parts/words";
import { useWords } from "../words/catalogue";
import { shellWords } from "./words";

export function Lost() {
  const say = useWords(shellWords);
  return (
    <Empty
      whole
      icon={<IconMapOff size={22} />}
      title={say("lost")}
      action={
        <Button component={Link} to="/orders">
          {say("toOrders")}
        </Button>
      }
    />
  );
}

/** A page that threw: the problem and a way to try again. */
export function Broken({ error, reset }: ErrorComponentProps) {
  const part = useWords(partWords);
  const problem = error instanceof Error ? { status: 500, code: "interface", detail: error.message } : error;
  return (
    <Empty whole title={part("failed")} action={<><ProblemAlert problem={problem} /><Button mt="sm" variant="default" onClick={reset}>{part("retry")}</Button></>} />
  );
}
