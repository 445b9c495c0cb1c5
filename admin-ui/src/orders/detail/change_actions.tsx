// What is done to an order now and then: changing it, calling it off, taking goods back. Offered as the server's `actions` say.
import { Button, Menu } from "@mantine/core";
import { IconArrowBackUp, IconChevronDown, IconPencil, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { done } from "../../api/call";
import { http } from "../../api/client";
import type { Order } from "../../api/types";
import { ReasonModal } from "../../parts/controls";
import { tell } from "../../parts/problem";
import { useWords } from "../../words/catalogue";
import { ChangeOrder } from "./change";
import { changeWords } from "./change_words";
import { TakeBack } from "./take_back";
import { useOrderWrite } from "./write";

export function ChangeActions({ order }: { order: Order }) {
  const say = useWords(changeWords);
  const { write } = useOrderWrite(order);
  const [open, setOpen] = useState<"change" | "call_off" | "take_back" | null>(null);
  const close = () => setOpen(null);
  const may = (action: "change" | "call_off" | "take_back") => order.actions.includes(action);
  if (!may("change") && !may("call_off") && !may("take_back")) return null;
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={15} />}>
            {say("more")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {may("change") && (
            <Menu.Item leftSection={<IconPencil size={15} />} onClick={() => setOpen("change")}>
              {say("change")}
            </Menu.Item>
          )}
          {may("take_back") && (
            <Menu.Item leftSection={<IconArrowBackUp size={15} />} onClick={() => setOpen("take_back")}>
              {say("takeBack")}
            </Menu.Item>
          )}
          {may("call_off") && (
            <Menu.Item leftSection={<IconX size={15} />} onClick={() => setOpen("call_off")}>
              {say("callOff")}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {open === "change" && <ChangeOrder order={order} onClose={close} />}
      {open === "take_back" && <TakeBack order={order} onClose={close} />}
      <ReasonModal
        opened={open === "call_off"}
        onClose={close}
        title={say("callOffTitle")}
        text={say("callOffText")}
        label={say("why")}
        placeholder={say("whyCallOff")}
        action={say("callOff")}
        danger
        onGive={async (reason) => {
          await write((header) => done(http.POST("/api/v1/orders/{id}/cancellations", { params: { path: { id: order.id }, header }, body: { reason } })));
          tell(say("calledOff"));
        }}
      />
    </>
  );
}
