'use strict';
// rows: [frame, weight, depth], callers before their callees.
const HEIGHT = 18, LEAST = 0.05; // pixels of a box; per cent of the width
const graph = document.getElementById('graph');
const search = document.getElementById('search');
const said = document.getElementById('said');
const nodes = rows.map(([frame, weight, depth]) => ({frame, weight, depth}));

// Where each box is, in shares of the whole: callees side by side from the
// left of their caller.
const path = [];
for (const node of nodes) {
    path.length = node.depth;
    const caller = path[node.depth - 1];
    node.caller = caller || null;
    node.left = caller ? caller.next : 0;
    node.next = node.left;
    if (caller) caller.next += node.weight;
    path.push(node);
}
let focus = nodes[0];

// The same library or file has the same colour.
function colour(frame) {
    const place = frame.split(' @ ')[1] || frame;
    let hash = 0;
    for (const c of place.split(':')[0]) hash = (hash * 31 + c.charCodeAt(0)) >>> 0;
    return `hsl(${hash % 360} 65% ${68 + hash % 11}%)`;
}

function share(node) {
    const all = nodes[0].weight;
    return `${node.weight.toLocaleString('en')} (${(100 * node.weight / all).toFixed(1)} %)`;
}

function isAbove(node) {
    for (let n = focus; n; n = n.caller) if (n === node) return true;
    return false;
}

function draw() {
    const wanted = search.value.toLowerCase();
    const boxes = document.createDocumentFragment();
    let depth = 0, found = 0, until = -1;
    for (const node of nodes) {
        const above = node !== focus && isAbove(node);
        const left = above ? 0 : 100 * (node.left - focus.left) / focus.weight;
        const width = above ? 100 : 100 * node.weight / focus.weight;
        const hit = wanted && node.frame.toLowerCase().includes(wanted);
        if (hit && node.left >= until) {
            found += node.weight;
            until = node.left + node.weight;
        }
        if (!above && (left < -1e-9 || left + width > 100 + 1e-9)) continue;
        if (width < LEAST || node.depth < focus.depth && !above) continue;
        const box = document.createElement('div');
        box.className = `box${above ? ' above' : ''}${hit ? ' found' : ''}`;
        box.style.left = `${left}%`;
        box.style.width = `${width}%`;
        box.style.top = `${node.depth * HEIGHT}px`;
        box.style.background = colour(node.frame);
        box.textContent = node.frame.split(' @ ')[0];
        box.title = `${node.frame}\n${share(node)}`;
        box.onclick = () => { focus = node; draw(); };
        boxes.append(box);
        depth = Math.max(depth, node.depth);
    }
    graph.replaceChildren(boxes);
    graph.style.height = `${(depth + 1) * HEIGHT}px`;
    said.textContent = wanted
        ? `${(100 * found / nodes[0].weight).toFixed(1)} % in functions found`
        : `${focus.frame}: ${share(focus)}`;
}

search.oninput = draw;
document.getElementById('reset').onclick = () => { focus = nodes[0]; draw(); };
draw();
