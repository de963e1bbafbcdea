// What tests try by itself, in a browser, against vectors of others.
export { canonical } from "./parts/canonical";
export { readQuestion } from "./parts/content";
