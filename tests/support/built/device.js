"use strict";
var device = (() => {
  var __defProp = Object.defineProperty;
  var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
  var __getOwnPropNames = Object.getOwnPropertyNames;
  var __hasOwnProp = Object.prototype.hasOwnProperty;
  var __export = (target, all) => {
    for (var name in all)
      __defProp(target, name, { get: all[name], enumerable: true });
  };
  var __copyProps = (to, from, except, desc) => {
    if (from && typeof from === "object" || typeof from === "function") {
      for (let key of __getOwnPropNames(from))
        if (!__hasOwnProp.call(to, key) && key !== except)
          __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
    }
    return to;
  };
  var __toCommonJS = (mod) => __copyProps(__defProp({}, "__esModule", { value: true }), mod);

  // device/tried.ts
  var tried_exports = {};
  __export(tried_exports, {
    canonical: () => canonical,
    readQuestion: () => readQuestion
  });

  // device/parts/canonical.ts
  var LONE_SURROGATE = /\p{Surrogate}/u;
  function canonical(value) {
    if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
    if (typeof value === "object" && value !== null) return members(value);
    if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError("no JSON number");
    if (typeof value === "string") return quoted(value);
    return JSON.stringify(value);
  }
  function members(value) {
    const parts = [];
    for (const name of Object.keys(value).sort()) {
      const one = value[name];
      if (one !== void 0) parts.push(`${quoted(name)}:${canonical(one)}`);
    }
    return `{${parts.join(",")}}`;
  }
  function quoted(text) {
    if (LONE_SURROGATE.test(text)) throw new TypeError("not well-formed text");
    return JSON.stringify(text);
  }

  // shared/read.ts
  function own(from, key) {
    return typeof from === "object" && from !== null && Object.hasOwn(from, key) ? from[key] : void 0;
  }

  // device/parts/content.ts
  var QUESTION = "assent/question/1";
  var ENROLMENT = "assent/enrolment/1";
  var ROTATION = "assent/rotation/1";
  var DECEIVING = new RegExp(
    "[\\p{Cc}\\p{Zl}\\p{Zp}\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}]",
    "u"
  );
  var MEMBERS = {
    [QUESTION]: ["action", "challenge", "created_at", "display", "expires_at", "nonce", "number", "programme", "type"],
    [ENROLMENT]: ["challenge", "created_at", "device", "expires_at", "nonce", "programme", "type", "user"],
    [ROTATION]: ["challenge", "created_at", "device", "expires_at", "nonce", "type"]
  };
  function readQuestion(content) {
    const values = readValues(content, QUESTION);
    const display = exact(values["display"], ["fields", "text"]);
    const programme = exact(values["programme"], ["id", "name"]);
    texts(exact(values["action"], ["fingerprint", "name"]), "fingerprint", "name");
    const number = values["number"];
    if (typeof number !== "boolean") throw unknown();
    const fields = own(display, "fields");
    if (!Array.isArray(fields)) throw unknown();
    const shown = {
      text: visible(display, "text"),
      fields: fields.map((field) => {
        const both = exact(field, ["label", "value"]);
        return { label: visible(both, "label"), value: visible(both, "value") };
      })
    };
    if (!shown.text) throw unknown();
    texts(values, "challenge", "nonce");
    return {
      ...shown,
      challenge: String(values["challenge"]),
      programme: { id: visible(programme, "id"), name: visible(programme, "name") },
      number,
      createdAt: time(values, "created_at"),
      expiresAt: time(values, "expires_at"),
      values
    };
  }
  function readValues(content, type) {
    const values = JSON.parse(content);
    if (canonical(values) !== content || own(values, "type") !== type) throw unknown();
    return exact(values, MEMBERS[type] ?? []);
  }
  function exact(value, names) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw unknown();
    if (String(Object.keys(value).sort()) !== String(names)) throw unknown();
    return value;
  }
  function texts(values, ...names) {
    if (names.some((name) => typeof values[name] !== "string")) throw unknown();
  }
  function visible(values, name) {
    const value = values[name];
    if (typeof value !== "string" || DECEIVING.test(value)) throw unknown();
    return value;
  }
  function time(values, name) {
    const value = values[name];
    if (!Number.isSafeInteger(value)) throw unknown();
    return value;
  }
  function unknown() {
    return new Error("This request cannot be shown as it is.");
  }
  return __toCommonJS(tried_exports);
})();
