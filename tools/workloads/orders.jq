# Orders regrouped: what each customer bought, priced and sorted.
[ .[] | {customer, total: ([.lines[] | .count * .cents] | add), lines} ]
| group_by(.customer)
| map({ customer: .[0].customer,
        orders: length,
        total: (map(.total) | add),
        items: ([.[].lines[].item] | unique | map(ascii_upcase)) })
| sort_by(-.total)
| .[] | select(.orders > 1)
