// Orders as objects: made, grouped, sorted, printed by a template, parsed.
var seed = 7;
function below(n) {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % n;
}
function order(number) {
    var lines = [];
    for (var i = below(7); i >= 0; i--)
        lines.push({ item: "item-" + below(400), count: 1 + below(9),
                     cents: 50 + below(90000) });
    return { number: number, customer: "c" + below(80), lines: lines };
}
function total(order) {
    return order.lines.reduce(function (sum, line) {
        return sum + line.count * line.cents;
    }, 0);
}
function fill(template, values) {
    return template.replace(/\{(\w+)\}/g, function (all, name) {
        return values[name];
    });
}
var customers = {}, text = "", n;
for (n = 0; n < 120; n++) {
    var one = order(n);
    (customers[one.customer] = customers[one.customer] || []).push(one);
}
Object.keys(customers).sort().forEach(function (name) {
    var list = customers[name].sort(function (a, b) {
        return total(b) - total(a);
    });
    text += fill("{name} ordered {n} times, at most {most}\n",
                 { name: name, n: list.length, most: total(list[0]) });
    JSON.parse(JSON.stringify(list)).forEach(function (one) {
        one.lines.map(function (line) { return line.item.split("-")[1]; });
    });
});
print(text.length, text.toUpperCase().match(/C\d+ ORDERED/g).length);
