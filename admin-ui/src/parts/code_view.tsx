// Text as a machine sent it, indented when it is JSON.
import { Box, CopyButton, ActionIcon, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useMemo } from "react";
import { useWords } from "../words/catalogue";
import styles from "./code_view.module.css";
import { indented } from "./json";
import { partWords } from "./words";

export function CodeView({ text, label, height = 420 }: { text: string; label: string; height?: number }) {
  const say = useWords(partWords);
  const shown = useMemo(() => indented(text), [text]);
  return (
    <Box pos="relative">
      <pre className={styles["code"]} style={{ maxHeight: height }} tabIndex={0} role="region" aria-label={label}>
        {shown}
      </pre>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? say("copied") : say("copy")}>
            <ActionIcon className={styles["copy"] ?? ""} variant="default" onClick={copy} aria-label={`${say("copy")}: ${label}`}>
              {copied ? <IconCheck size={15} /> : <IconCopy size={15} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </Box>
  );
}
