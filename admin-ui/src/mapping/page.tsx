// What channels list, in the merchant's own products: the queue of what is not mapped, and what is.
import { Group, Select, Switch, Tabs } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { done } from "../api/call";
import { api, http, refresh, versionTag } from "../api/client";
import { Sure } from "../parts/controls";
import { tell } from "../parts/problem";
import { SearchBox } from "../parts/search_box";
import { Page } from "../parts/section";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { mappingTabs, type MappingPlace, parseMappingPlace } from "./filters";
import { Mapped } from "./mapped";
import { Queue } from "./queue";
import { mappingWords } from "./words";

export function MappingPage() {
  const say = useWords(mappingWords);
  const navigate = useNavigate();
  const place = parseMappingPlace(useSearch({ strict: false }));
  const tab = place.tab ?? "held";
  const go = (next: MappingPlace) => void navigate({ to: "/mapping", search: parseMappingPlace(next) });
  const seesAccounts = useRight()("channels:read");
  const accounts = api.useQuery("get", "/api/v1/channel-accounts", { params: { query: { limit: 200 } } }, { enabled: seesAccounts });
  return (
    <Page title={say("title")} text={say("text")} aside={<Required />}>
      <Tabs value={tab} onChange={(next) => go({ ...place, tab: mappingTabs.find((each) => each === next) ?? "held" })} mb="sm">
        <Tabs.List>
          {mappingTabs.map((each) => (
            <Tabs.Tab key={each} value={each}>
              {say(each)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      <Group gap="xs" mb="sm">
        <Select
          aria-label={say("account")}
          size="xs"
          w={220}
          clearable
          searchable
          placeholder={say("anyAccount")}
          data={(accounts.data?.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          value={place.account ?? null}
          onChange={(account) => {
            const { account: _, ...rest } = place;
            go(account ? { ...rest, account } : rest);
          }}
        />
        {tab === "mapped" && (
          <SearchBox
            key={place.text ?? ""}
            label={say("search")}
            value={place.text ?? ""}
            onSearch={(text) => {
              const { text: _, ...rest } = place;
              go(text ? { ...rest, text } : rest);
            }}
          />
        )}
      </Group>
      {tab === "mapped" ? <Mapped place={place} /> : <Queue key={tab} of={tab} account={place.account} />}
    </Page>
  );
}

/** Whether orders wait: asked twice, since it stops or lets go orders. */
function Required() {
  const say = useWords(mappingWords);
  const manages = useRight()("products:manage");
  const settings = api.useQuery("get", "/api/v1/mapping-settings");
  if (!settings.data) return null;
  const { required, version } = settings.data;
  const turn = async () => {
    await done(http.PUT("/api/v1/mapping-settings", { params: { header: { "If-Match": versionTag(version) } }, body: { required: !required } }));
    await refresh("/api/v1/mapping-settings", "/api/v1/listings/unmapped", "/api/v1/orders");
    tell(say(required ? "requiredOff" : "requiredOn"));
  };
  return (
    <Sure title={say("required")} text={say(required ? "requiredOff" : "requiredText")} action={say("change")} onSure={turn}>
      {(ask) => <Switch label={say("required")} checked={required} disabled={!manages} onChange={ask} />}
    </Sure>
  );
}
