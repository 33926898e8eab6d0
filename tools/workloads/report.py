"""Read orders from JSON, group and price them, print a table."""

import collections
import json
import sys


class Order:
    def __init__(self, record):
        self.number = record["number"]
        self.customer = record["customer"]
        self.lines = [(l["item"], l["count"], l["cents"])
                      for l in record["lines"]]

    def total(self):
        return sum(count * cents for _, count, cents in self.lines)


def main(path):
    with open(path, encoding="utf-8") as file:
        orders = [Order(record) for record in json.load(file)]
    by_customer = collections.defaultdict(list)
    for order in orders:
        by_customer[order.customer].append(order)
    items = collections.Counter()
    for order in orders:
        for item, count, _ in order.lines:
            items[item] += count
    for customer, mine in sorted(by_customer.items()):
        total = sum(order.total() for order in mine)
        print(f"{customer:30} {len(mine):5} {total / 100:12.2f}")
    print(json.dumps(dict(items.most_common(100)), indent=2))


main(sys.argv[1])
