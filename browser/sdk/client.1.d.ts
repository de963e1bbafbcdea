/**
 * Secure capture, version 1: `<script src="{base_url}/app/secure/static/client.1.js">`.
 *
 * Passwords and passcodes are typed into frames of another origin. The page gets single-use tokens
 * for them, and never sees what was typed.
 */

import type { Tokens, SecureInput, InputOptions, SecureFieldError } from "./fields.d.ts";

declare global {
  interface Window {
    OpcUxSecureClient: OpcUxSecureClient;
  }
  /** The same object, as scripts that are no modules write it. */
  const OpcUxSecureClient: OpcUxSecureClient;
}

export interface OpcUxSecureClient {
  /** Once per page, before anything else. Later calls hold for the forms made after them. */
  init(uiKey: string, options?: InitOptions): void;
  /**
   * Tells the server that this page works for a logged-in person.
   * @param token `"Bearer "` and the token of the session
   */
  associate(
    token: string,
    resolve?: () => void,
    reject?: (error: SecureFieldError) => void,
  ): Promise<void>;
  /** Fields whose values become tokens together. */
  form(): SecureForm;
}

export interface InitOptions {
  /** Accepted and not loaded: the frames load nothing from elsewhere. */
  fonts?: readonly object[];
}

export type FieldType = "password" | "confirmPassword" | "passCode" | "confirmPassCode";

export interface SecureForm {
  /**
   * A new field, to be mounted.
   * @param name key of the field's token in what `tokenize` gives; no two fields of a form share one
   */
  input(name: string, type: FieldType, options?: InputOptions): SecureInput;
  /**
   * One token for each field but the confirm fields, whose values are only compared. A token is
   * good for one call, within minutes. What was typed stays in the fields.
   *
   * The promise is there with and without callbacks. With `reject`, that is where failures go, and
   * a promise that nobody looks at stays silent.
   */
  tokenize(
    resolve?: (tokens: Tokens) => void,
    reject?: (error: SecureFieldError) => void,
  ): Promise<Tokens>;
  /** Destroys all fields of the form. */
  destroy(): void;
}

export type * from "./fields.d.ts";
