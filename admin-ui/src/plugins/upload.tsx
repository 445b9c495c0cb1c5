// A partner's component comes into the catalogue.
import { Button, FileInput, Group, Modal, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { done } from "../api/call";
import { http, multipart, refresh } from "../api/client";
import { useWork } from "../parts/controls";
import { ProblemAlert, tell } from "../parts/problem";
import { partWords } from "../parts/words";
import { useWords } from "../words/catalogue";
import { pluginName } from "./describe";
import { pluginWords } from "./words";

export function UploadPlugin({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const say = useWords(pluginWords);
  const part = useWords(partWords);
  const [manifest, setManifest] = useState<File | null>(null);
  const [component, setComponent] = useState<File | null>(null);
  const work = useWork();
  const send = () =>
    work.run(async () => {
      if (!manifest || !component) return;
      const plugin = await done(http.POST("/api/v1/plugins", { body: { manifest: await manifest.text(), component }, bodySerializer: multipart }));
      await refresh("/api/v1/plugins");
      tell(say("uploaded", { name: pluginName(plugin), version: plugin.version }));
      setManifest(null);
      setComponent(null);
      onClose();
    });
  return (
    <Modal opened={opened} onClose={onClose} title={say("upload")} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Stack gap="sm">
          <Text size="sm" c="dimmed">
            {say("uploadText")}
          </Text>
          <FileInput label={say("manifest")} placeholder={say("choose")} accept=".json,application/json" required value={manifest} onChange={setManifest} />
          <FileInput label={say("component")} placeholder={say("choose")} accept=".wasm,application/wasm" required value={component} onChange={setComponent} />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy} disabled={!manifest || !component}>
              {say("upload")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
