// Pointer and wheel on a panel or a curve, turned into actions.

const CLICK = 4; // pixels that a click may move by

/**
 * actions: zoom(x, y, factor, shifted), pan(dx, dy), hover(x, y), leave(),
 * click(x, y). Pixels are of the picture, whose corner is `left` from the
 * element's.
 */
export function gestures(element, left, actions) {
  let held = null;
  const place = (event) => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left - left, y: event.clientY - box.top };
  };
  element.addEventListener("wheel", (event) => {
    event.preventDefault();
    const { x, y } = place(event);
    const turned = event.deltaY || event.deltaX; // Shift makes one the other
    const lines = event.deltaMode === 1 ? 30 : 1;
    actions.zoom(x, y, Math.exp(turned * lines * 0.0015), event.shiftKey);
  }, { passive: false });
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    held = { ...place(event), moved: 0 };
  });
  element.addEventListener("pointermove", (event) => {
    const { x, y } = place(event);
    if (!held) return actions.hover(x, y);
    const dx = Math.round(x - held.x), dy = Math.round(y - held.y);
    held.moved += Math.abs(dx) + Math.abs(dy);
    held.x += dx;
    held.y += dy;
    if (held.moved >= CLICK) actions.pan(dx, dy);
  });
  element.addEventListener("pointerup", (event) => {
    const { x, y } = place(event);
    if (held && held.moved < CLICK) actions.click(x, y);
    held = null;
  });
  element.addEventListener("pointercancel", () => { held = null; });
  element.addEventListener("pointerleave", () => { actions.leave(); });
}
