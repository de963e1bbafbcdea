// The app's icon as pictures, for platforms that take no SVG: the same mark, drawn here.
// PNG (ISO/IEC 15948), grey levels between two colours as a palette. It fills its square, with the
// mark inside the middle 80 per cent: platforms cut their own shapes out of it.
import { deflateSync, inflateSync } from "node:zlib";

export const SIZES = [180, 192, 512];
const SEA = [0x0b, 0x55, 0x60];
const WHITE = [0xff, 0xff, 0xff];
/** Of icon.svg: in 24ths, about the middle, made smaller by this. */
const CORNERS = [[6, 12.6], [10, 16.8], [18, 7.5]];
const WHOLE = 24;
const STROKE = 2.6;
const SCALE = 0.82;
const LEVELS = 16;
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

export function icon(size) {
  const rows = lines(size);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([4, 3, 0, 0, 0], 8); // four bits a pixel, palette
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", header),
    chunk("PLTE", palette()),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** Whether both show the same: compressors differ from version to version. */
export function sameIcon(one, other) {
  try {
    return one.equals(other) || (head(one).equals(head(other)) && pixels(one).equals(pixels(other)));
  } catch {
    return false;
  }
}

function lines(size) {
  const across = Math.ceil(size / 2);
  const rows = Buffer.alloc(size * (across + 1)); // each begins with its filter: none
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const level = Math.round(cover(x + 0.5, y + 0.5, size) * (LEVELS - 1));
      rows[y * (across + 1) + 1 + (x >> 1)] |= x % 2 ? level : level << 4;
    }
  }
  return rows;
}

/** How much of a pixel the mark covers: 0 to 1. */
function cover(x, y, size) {
  const place = ([a, b]) => [a, b].map((one) => (size / WHOLE) * (WHOLE / 2 + (one - WHOLE / 2) * SCALE));
  const [first, second, third] = CORNERS.map(place);
  const away = Math.min(distance([x, y], first, second), distance([x, y], second, third));
  const half = ((size / WHOLE) * STROKE * SCALE) / 2;
  return Math.min(1, Math.max(0, half - away + 0.5));
}

function distance([x, y], [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)));
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}

function palette() {
  const mixed = (level, at) => Math.round(SEA[at] + ((WHITE[at] - SEA[at]) * level) / (LEVELS - 1));
  return Buffer.from(Array.from({ length: LEVELS }, (_, level) => [0, 1, 2].map((at) => mixed(level, at))).flat());
}

function chunk(type, data) {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}

/** Of PNG's chunks (annex D); Node has one of its own since 20.15 only. */
function crc32(octets) {
  let sum = ~0;
  for (const octet of octets) {
    sum ^= octet;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

const FIRST = SIGNATURE.length + 25 + 12 + LEVELS * 3;

function head(png) {
  return png.subarray(0, FIRST);
}

function pixels(png) {
  return inflateSync(png.subarray(FIRST + 8, FIRST + 8 + png.readUInt32BE(FIRST)));
}
