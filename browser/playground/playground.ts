// The playground: a bank app, the person's phone, every call, and the clock. Sandbox only.
import { Api, isOk } from "./parts/api";
import { Bank } from "./parts/bank";
import { Calls } from "./parts/calls";
import { Clock } from "./parts/clock";
import { startClockBar } from "./parts/clockbar";
import { type Config, loadConfig, type Settings } from "./parts/config";
import { byId, tell } from "../shared/dom";
import { Phone } from "./parts/phone";
import { startSdk } from "./parts/secure";
import { startDeviceApp } from "./parts/device-app";
import { Tour } from "./parts/tour";
import { startWatch } from "./parts/watch";
import { canApprove } from "./screens/device";
import { logInScreen } from "./screens/login";
import { signUpScreen } from "./screens/sign-up";

const LOOK_AT_CLOCK_MS = 10_000;
const GONE = "The sandbox does not answer. Is it still running? Start it with “make run”.";

async function start(): Promise<void> {
  const config = await loadConfig();
  tell(byId("programme"), config.programme.name);
  tell(byId("bank-name"), config.programme.name);
  if (!startSdk(config.programme.ui_key)) {
    throw new Error("The script of the secure fields (/app/secure/static/client.1.js) did not load.");
  }
  const calls = new Calls();
  const api = new Api(config, (call) => {
    calls.add(call);
    tell(byId("page-problem"), call.status ? "" : GONE);
  });
  const clock = new Clock(api);
  await clock.look();
  const phone = new Phone(api, clock);
  const bank = await openBank(config, api, clock, calls, phone);
  startClockBar(clock, () => void phone.look());
  setInterval(() => void lookIfSeen(clock), LOOK_AT_CLOCK_MS);
  startWatch(bank);
  startLogOut(bank);
  startDeviceApp();
  startHelp();
  bank.show(signUpScreen(bank));
}

async function openBank(
  config: Config,
  api: Api,
  clock: Clock,
  calls: Calls,
  phone: Phone,
): Promise<Bank> {
  const answer = await api.sandbox("GET", "/settings");
  if (!isOk(answer)) throw new Error(`The sandbox answered ${answer.status} to its settings.`);
  const bank: Bank = new Bank({
    api,
    clock,
    config,
    settings: answer.body as Settings,
    tour: new Tour(await canApprove()),
    tokens: (tokens) => calls.note(tokens),
    sent: () => {
      phone.belongsTo(bank.person?.phone ?? "", bank.person?.email ?? "");
      void phone.look();
    },
  });
  bank.whenOver((reason) => {
    bank.show(logInScreen(bank, `You were signed out. ${reason}`, bank.session.kind));
  });
  return bank;
}

async function lookIfSeen(clock: Clock): Promise<void> {
  if (document.visibilityState === "visible") await clock.look();
}

function startLogOut(bank: Bank): void {
  byId("log-out").addEventListener("click", () => {
    const { token, kind } = bank.session;
    bank.session.end();
    void bank.parts.api.multi("POST", "/logout", undefined, token);
    bank.show(logInScreen(bank, "You have logged out.", kind));
  });
}

function startHelp(): void {
  const help = byId("help") as HTMLDialogElement;
  byId("open-help").addEventListener("click", () => help.showModal());
  byId("close-help").addEventListener("click", () => help.close());
}

start().catch((error: unknown) => {
  tell(byId("page-problem"), `The playground could not start. ${error instanceof Error ? error.message : ""}`);
});
