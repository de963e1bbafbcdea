// What the page is told by its server.

/** `/playground/config.json`: the credentials of the demo programme. */
export interface Config {
  base_url: string;
  frames_url: string;
  programme: { id: string; name: string; api_key: string; ui_key: string };
  profiles: { consumers: string; corporates: string };
  sandbox_key: string;
}

/** Of `GET /sandbox/settings`, what the page goes by. */
export interface Settings {
  codes: "fixed" | "random";
  channels: string[];
  credentials?: Kind[];
  password_profile: string;
  passcode_digits?: number;
}

export type Kind = "password" | "passcode";

export async function loadConfig(): Promise<Config> {
  const answer = await fetch("/playground/config.json");
  if (!answer.ok) throw new Error(`The server answered ${answer.status} to config.json.`);
  return (await answer.json()) as Config;
}
