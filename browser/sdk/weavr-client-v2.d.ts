/**
 * Secure capture, version 2: `<script src="{base_url}/weavr-client-v2.js">`.
 *
 * Passwords and passcodes are typed into frames of another origin. The page gets single-use tokens
 * for them, and never sees what was typed.
 */

import type { Tokens, SecureInput, InputOptions, SecureFieldError } from "./fields.d.ts";

declare global {
  interface Window {
    weavr: Weavr;
  }
  /** The same object, as scripts that are no modules write it. */
  const weavr: Weavr;
}

export interface Weavr {
  init(uiKey: string, options?: InitOptions): SecureClient;
}

export interface InitOptions {
  /** Accepted and not loaded: the frames load nothing from elsewhere. */
  fonts?: readonly object[];
}

export interface SecureClient {
  /**
   * Tells the server that this page works for a logged-in person.
   * @param token `"Bearer "` and the token of the session
   */
  setUserToken(
    token: string,
    resolve?: () => void,
    reject?: (error: SecureFieldError) => void,
  ): Promise<void>;
  /** At logout. Nothing of the token was kept in the page, so there is nothing more to it. */
  resetUserToken(): void;
  readonly capture: Capture;
}

/** Fields to be mounted. Those with the same `formId` become tokens together. */
export interface Capture {
  password: NewField;
  passCode: NewField;
  /** Needs the `formId` of the field it confirms. */
  confirmPassword: NewField;
  confirmPassCode: NewField;
}

/** @param name key of the field's token; no two fields of a form share one */
export type NewField = (name: string, options?: InputOptions, formId?: string) => SecureComponent;

export interface SecureComponent extends SecureInput {
  /**
   * One token for each field of the same form but the confirm fields, whose values are only
   * compared. A token is good for one call, within minutes. What was typed stays in the fields.
   */
  createToken(): Promise<{ tokens: Tokens }>;
}

export type * from "./fields.d.ts";
