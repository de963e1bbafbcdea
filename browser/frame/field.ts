// The script of a frame: waits for the page that embeds it, then is one field.
import { ALL_TYPES, CONNECT, HELLO, VERSION } from "../shared/protocol";
import { oneOf, own, text } from "../shared/read";
import { Control } from "./control";
import { Outlet } from "./outlet";
import { mayEmbed, mayHave, readPage } from "./page";

const page = readPage();

function onMessage({ source, origin, data, ports }: MessageEvent): void {
  const port = ports[0];
  if (source !== window.parent || !mayEmbed(page, origin) || !port) return;
  if (own(data, "kind") !== CONNECT || own(data, "version") !== VERSION) return;
  const type = oneOf(data, "type", ALL_TYPES);
  if (!type) return;
  window.removeEventListener("message", onMessage);
  const outlet = new Outlet(port);
  if (!window.isSecureContext) return outlet.fail("INSECURE_CONTEXT");
  if (!mayHave(page, origin, type)) return outlet.fail("FIELD_NOT_CONFIGURED");
  const control = new Control(page, type, text(data, "id", 64), own(data, "settings"), outlet);
  port.onmessage = ({ data: command }) => control.obey(command);
  outlet.send({ tells: "ready" });
}

if (window.parent !== window) {
  window.addEventListener("message", onMessage);
  // to whoever it is: there is nothing in it, and who answers is looked at closely
  window.parent.postMessage(HELLO, "*");
}
