// The camera, where the browser can read QR codes by itself.
import { button, el } from "../../shared/dom";
import type { Problem } from "./place";

const EVERY_MS = 200;

interface Detector {
  detect(from: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}
type DetectorClass = new (options: { formats: string[] }) => Detector;

function detectorClass(): DetectorClass | undefined {
  return (window as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
}

export function canScan(): boolean {
  return detectorClass() !== undefined && "mediaDevices" in navigator;
}

/** `found` is told of each code once; the camera is off then. */
export function scanner(found: (text: string) => void, trouble: Problem) {
  const video = el("video", { playsinline: true, muted: true, "aria-label": "What the camera sees" });
  const end = button("Stop the camera", () => stop(), { id: "stop-scan" });
  const node = el("div", { class: "camera", hidden: true }, video, end);
  let stream: MediaStream | undefined;

  function stop(): void {
    stream?.getTracks().forEach((track) => track.stop());
    stream = undefined;
    video.srcObject = null;
    node.hidden = true;
  }

  async function start(): Promise<void> {
    const Class = detectorClass();
    if (!Class || stream) return;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      return trouble.say("There is no camera that this app may use. Paste the link instead.");
    }
    video.srcObject = stream;
    node.hidden = false;
    void video.play().catch(() => {});
    const detector = new Class({ formats: ["qr_code"] });
    while (stream) {
      const [code] = await detector.detect(video).catch(() => []);
      if (code && stream) {
        stop();
        return found(code.rawValue);
      }
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }
  return { node, start, stop };
}
