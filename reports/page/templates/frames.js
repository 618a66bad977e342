"use strict";
// What the page holds of a sequence's frames, unpacked when it is opened; reports/page/frames.py packs it.

const GAP = 255; // stands for no value
const STEPS = 100;
const PARTS_OF_A_PIXEL = 2;
const NO_BOX = -(2 ** 20);
const TRUTH = -1;

async function inflated(text) {
  const packed = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Numbers out of four planes of the bytes of their differences, the lowest first; a negative d is -2d - 1. */
function summed(bytes, start, count) {
  const numbers = new Array(count);
  let sum = 0;
  for (let i = 0; i < count; i += 1) {
    const at = start + i;
    const folded = (bytes[at] | (bytes[at + count] << 8) | (bytes[at + 2 * count] << 16) | (bytes[at + 3 * count] << 24)) >>> 0;
    sum += folded % 2 ? -(folded + 1) / 2 : folded / 2;
    numbers[i] = sum;
  }
  return numbers;
}

/**
 * Lines, played frames and boxes of a sequence; null where none were handed over or can be read.
 * lines: {iou: {tracker: {low, high, y: [number|null]}}, score: ...} over the frames first, first + 1, ...
 * played: numbers of the frames whose boxes are there; boxes: {tracker: [[x, y, w, h]|null]}, of the truth too.
 */
async function framesOf(benchmark, name) {
  const packed = (data.frames[benchmark] || {})[name];
  if (!packed || typeof DecompressionStream === "undefined") return null;
  const bytes = await inflated(packed.bytes);
  const lines = { iou: {}, score: {} };
  let at = 0;
  for (const [kind, tracker, low, high] of packed.lines) {
    let step = 0;
    const y = Array.from(bytes.subarray(at, at + packed.length), (byte) => {
      step = (step + byte) & 255;
      return step === GAP ? null : low + (step / STEPS) * (high - low);
    });
    lines[kind][tracker] = { low, high, y };
    at += packed.length;
  }
  const next = () => { const numbers = summed(bytes, at, packed.played); at += 4 * packed.played; return numbers; };
  const played = packed.played ? next() : [];
  const boxes = {};
  for (const tracker of packed.boxes) {
    const columns = [next(), next(), next(), next()];
    boxes[tracker] = played.map((_, i) => (columns[0][i] === NO_BOX ? null : columns.map((column) => column[i] / PARTS_OF_A_PIXEL)));
  }
  return { first: packed.first, length: packed.length, absent: packed.absent, lines, played, boxes };
}
