// Columns of whole numbers out of text: what pack.py wrote, read again.

/** The bytes that were deflated into the base64 text. */
export async function inflate(text) {
  const packed = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream()
    .pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Typed arrays by name, as narrow as their numbers allow: sums of them do not
 * fit. index says which columns the bytes hold, in order.
 */
export function columns(bytes, index) {
  const found = {};
  let at = 0;
  for (const { name, count, bytes: width, delta } of index) {
    const numbers = joinPlanes(bytes.subarray(at, at + count * width), count,
                               width);
    found[name] = delta ? undoDelta(numbers) : numbers;
    at += count * width;
  }
  return found;
}

function arrayFor(width, count) {
  if (width === 1) return new Uint8Array(count);
  return width <= 4 ? new Uint32Array(count) : new Float64Array(count);
}

function joinPlanes(planes, count, width) {
  const numbers = arrayFor(width, count);
  for (let byte = 0; byte < width; byte++) {
    const weight = 256 ** byte;
    const plane = planes.subarray(byte * count, (byte + 1) * count);
    for (let i = 0; i < count; i++) numbers[i] += plane[i] * weight;
  }
  return numbers;
}

/** 0, 1, 2, 3 ... stand for steps of 0, -1, 1, -2 ... */
function undoDelta(steps) {
  const numbers = new Float64Array(steps.length);
  let sum = 0;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i];
    sum += step % 2 ? -(step + 1) / 2 : step / 2;
    numbers[i] = sum;
  }
  return numbers;
}
