// How long frames take: what tools/report --bench asks the page for.

const frame = () => new Promise((done) => { requestAnimationFrame(done); });

export function quantile(numbers, share) {
  const ordered = [...numbers].sort((a, b) => a - b);
  return ordered[Math.min(ordered.length - 1,
                          Math.floor(share * ordered.length))];
}

/** Milliseconds from one frame to the next, and those of drawing in it. */
async function frames(app, count, move) {
  const between = [], drawing = [];
  let last = await frame();
  for (let at = 0; at < count; at++) {
    move(at);
    const now = await frame(); // ours comes after the one that draws
    between.push(now - last);
    drawing.push(app.drawn);
    last = now;
  }
  return { median: quantile(between, 0.5), p95: quantile(between, 0.95),
    worst: Math.max(...between), drawing: quantile(drawing, 0.5),
    drawing_p95: quantile(drawing, 0.95) };
}

/** Panning by 7 pixels a frame, there and back, in views of several lengths. */
export async function measure(app, count = 120) {
  const found = [];
  for (const share of [0.75, 0.5, 0.25, 0.05, 0.005]) {
    app.showAll();
    app.setTime({ lo: 0, hi: app.trace.count * share });
    await app.settled();
    const wide = Math.max(1, app.panels[0].width);
    const span = (1 - share) / share * wide;
    const back = Math.max(1, Math.floor(span / 7));
    const step = (at) => at % (2 * back) < back ? -7 : 7;
    found.push({ share, ...await frames(app, count, (at) =>
      app.panPixels(0, step(at), 0)) });
  }
  app.showAll();
  await app.settled();
  const zoom = await frames(app, count, (at) =>
    app.zoomAt(0, 300, 100, at % 40 < 20 ? 0.9 : 1 / 0.9, false));
  return { pan: found, zoom };
}
