// Uploads, and the files of this visit: a changed mapping reads the same file again without asking for it.
import { done } from "../api/call";
import { http, multipart, refresh } from "../api/client";
import type { Import } from "../api/types_admin";
import type { Mapping } from "./mapping";

const files = new Map<string, { file: File; account: string }>();

export async function upload(file: File, account: string, mapping?: Mapping): Promise<Import> {
  const made = await done(
    http.POST("/api/v1/imports", {
      body: { file, channel_account_id: account, ...(mapping && { mapping: JSON.stringify(mapping) }) },
      bodySerializer: multipart,
    }),
  );
  files.set(made.id, { file, account });
  await refresh("/api/v1/imports");
  return made;
}

export function fileOf(id: string): { file: File; account: string } | undefined {
  return files.get(id);
}
