// For screen readers: things that happen elsewhere on the page.
import { byId, tell } from "./dom";

export function announce(text: string): void {
  const region = byId("announcements");
  tell(region, "");
  setTimeout(() => tell(region, text), 50);
}
