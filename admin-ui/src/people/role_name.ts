// Built-in roles are called in the person's language; a company's own roles as it called them.
import { useWords } from "../words/catalogue";
import { peopleWords } from "./words";

const builtIn = ["owner", "admin", "finance", "sales", "warehouse", "support", "viewer", "partner"] as const;

export function useRoleName(): (name: string) => string {
  const say = useWords(peopleWords);
  return (name) => {
    const known = builtIn.find((each) => each === name);
    return known ? say(known) : name;
  };
}
