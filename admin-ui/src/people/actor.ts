// Who did something: the server names persons and keys by id, people know them by name.
import { api } from "../api/client";
import { shellWords } from "../shell/words";
import { useRight, useSession } from "../session/session";
import { useWords } from "../words/catalogue";

const staleMs = 300_000;
const page = { params: { query: { limit: 200 } } };

/** Names as far as the person here may know them; else what kind of actor it was. */
export function useActorName(): (actor: string) => string {
  const say = useWords(shellWords);
  const may = useRight();
  const me = useSession()?.person;
  const people = api.useQuery("get", "/api/v1/people", page, { enabled: may("people:read"), staleTime: staleMs });
  const keys = api.useQuery("get", "/api/v1/api-keys", page, { enabled: may("keys:manage"), staleTime: staleMs });
  return (actor) => {
    if (actor === me?.id) return me.name;
    if (actor.startsWith("per_")) return people.data?.data.find(({ id }) => id === actor)?.name ?? say("colleague");
    if (actor.startsWith("system:")) return say("itself");
    if (!actor.startsWith("key_")) return actor;
    const key = keys.data?.data.find(({ id }) => id === actor)?.name;
    return key ? say("keyNamed", { name: key }) : say("someKey");
  };
}
