// Words and numbers as text.

export const OK = "ok"; // the verdict of driver/check/verdict.c

export const count = (number) =>
  Math.round(number).toLocaleString("en").replace(/,/g, "\u202f");

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** 1536 is 1.5 KiB. */
export function bytes(number) {
  let unit = 0, amount = number;
  while (Math.abs(amount) >= 1024 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit++;
  }
  const digits = unit === 0 || amount >= 100 ? 0 : amount >= 10 ? 1 : 2;
  return `${amount.toFixed(digits)} ${UNITS[unit]}`;
}

export const hex = (address) => `0x${address.toString(16)}`;

export const percent = (share) =>
  share === null || share === undefined ? "-" : `${(100 * share).toFixed(1)}%`;
