"""Shapley and Owen values by their definitions, over all masks: slow, plain, and sharing nothing with the implementation.

A game is `value(kept: frozenset[int]) -> float` over the players 0 … n − 1.
"""

from collections.abc import Callable
from functools import cache
from itertools import permutations

Game = Callable[[frozenset], float]
Tree = int | tuple["Tree", "Tree"]
"""A player, or two subtrees that act as one player each."""


def players_of(tree: Tree) -> list[int]:
    """The leaves, from left to right."""
    return [tree] if isinstance(tree, int) else [*players_of(tree[0]), *players_of(tree[1])]


def shapley_values(value: Game, n: int) -> list[float]:
    """What each player adds when it comes, averaged over all n! orders, walked as paths through the 2^n sets."""

    @cache
    def orders(k: int) -> int:
        return 1 if k < 2 else k * orders(k - 1)

    total, known = [0.0] * n, cache(value)
    for number in range(2**n):
        before = frozenset(i for i in range(n) if number >> i & 1)
        for i in set(range(n)) - before:
            share = orders(len(before)) * orders(n - len(before) - 1) / orders(n)
            total[i] += share * (known(before | {i}) - known(before))
    return total


def shapley_by_orders(value: Game, n: int) -> list[float]:
    """The same, order by order: for a handful of players."""
    total, all_orders = [0.0] * n, list(permutations(range(n)))
    for order in all_orders:
        before = frozenset()
        for i in order:
            total[i] += (value(before | {i}) - value(before)) / len(all_orders)
            before |= {i}
    return total


def owen_values(value: Game, tree: Tree) -> list[float]:
    """What each player adds when it comes, averaged over the orders that keep every subtree together: 2 at each fork."""
    n = len(players_of(tree))
    total, known = [0.0] * n, cache(value)
    all_orders = _orders_within(tree)
    for order in all_orders:
        before = frozenset()
        for i in order:
            total[i] += (known(before | {i}) - known(before)) / len(all_orders)
            before |= {i}
    return total


def _orders_within(tree: Tree) -> list[tuple[int, ...]]:
    if isinstance(tree, int):
        return [(tree,)]
    left, right = map(_orders_within, tree)
    return [order for a in left for b in right for order in (a + b, b + a)]
