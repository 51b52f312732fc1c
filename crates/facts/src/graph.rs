//! Order under dependencies: the earliest by priority that waits for nothing comes next.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Nodes that wait for each other; none of them can come first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle(pub Vec<usize>);

/// Orders nodes `0..priorities.len()` so that for each edge `(first, then)` `first` comes before `then`; among those that may come
/// next the one with the smallest priority, then the smallest number. Edges from a node to itself count for nothing.
///
/// # Errors
/// A cycle, in its order.
pub fn order<P: Ord>(priorities: &[P], edges: &[(usize, usize)]) -> Result<Vec<usize>, Cycle> {
    let count = priorities.len();
    let mut waits = vec![0_usize; count];
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); count];
    let real = edges.iter().filter(|(first, then)| first != then && *first < count && *then < count);
    for (first, then) in real {
        if let Some(list) = followers.get_mut(*first) {
            list.push(*then);
        }
        if let Some(number) = waits.get_mut(*then) {
            *number += 1;
        }
    }
    let mut ready: BinaryHeap<Reverse<(&P, usize)>> = priorities
        .iter()
        .enumerate()
        .filter(|(node, _)| waits.get(*node) == Some(&0))
        .map(|(node, priority)| Reverse((priority, node)))
        .collect();
    let mut sorted = Vec::with_capacity(count);
    while let Some(Reverse((_, node))) = ready.pop() {
        sorted.push(node);
        for follower in followers.get(node).into_iter().flatten() {
            let Some(number) = waits.get_mut(*follower) else { continue };
            *number -= 1;
            if *number == 0
                && let Some(priority) = priorities.get(*follower)
            {
                ready.push(Reverse((priority, *follower)));
            }
        }
    }
    if sorted.len() == count { Ok(sorted) } else { Err(find_cycle(&waits, edges)) }
}

/// Walks backwards from a node that waits until one comes again.
fn find_cycle(waits: &[usize], edges: &[(usize, usize)]) -> Cycle {
    let is_stuck = |node: usize| waits.get(node).is_some_and(|number| *number > 0);
    let mut before: Vec<Option<usize>> = vec![None; waits.len()];
    for (first, then) in edges {
        if first != then
            && is_stuck(*first)
            && is_stuck(*then)
            && let Some(place) = before.get_mut(*then)
        {
            *place = Some(*first);
        }
    }
    let mut seen: Vec<usize> = Vec::new();
    let mut at = (0..waits.len()).find(|node| is_stuck(*node));
    while let Some(node) = at {
        if let Some(start) = seen.iter().position(|known| *known == node) {
            let mut cycle = seen.split_off(start);
            cycle.reverse();
            return Cycle(cycle);
        }
        seen.push(node);
        at = before.get(node).copied().flatten();
    }
    Cycle(seen)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cycle_is_told_in_its_order() {
        let cycle = order(&[0, 0, 0, 0], &[(0, 1), (1, 2), (2, 3), (3, 1)]).unwrap_err();
        let Cycle(mut nodes) = cycle;
        let start = nodes.iter().position(|node| *node == 1).unwrap();
        nodes.rotate_left(start);
        assert_eq!(nodes, [1, 2, 3]);
    }

    #[test]
    fn priorities_decide_where_nothing_waits() {
        assert_eq!(order(&[3, 1, 2], &[(0, 2)]), Ok(vec![1, 0, 2]));
        assert_eq!(order(&[1, 1, 1], &[]), Ok(vec![0, 1, 2]));
    }

    proptest! {
        #[test]
        fn order_never_violates_a_dependency(
            priorities in prop::collection::vec(0_u8..4, 1..40),
            pairs in prop::collection::vec((0_usize..40, 0_usize..40), 0..120),
        ) {
            let count = priorities.len();
            let edges: Vec<(usize, usize)> = pairs.iter().map(|(a, b)| (a % count, b % count)).collect();
            match order(&priorities, &edges) {
                Ok(sorted) => {
                    let place = |node: usize| sorted.iter().position(|other| *other == node).unwrap();
                    prop_assert_eq!(sorted.len(), count);
                    for (first, then) in &edges {
                        prop_assert!(first == then || place(*first) < place(*then));
                    }
                }
                Err(Cycle(nodes)) => {
                    prop_assert!(nodes.len() > 1);
                    for (at, node) in nodes.iter().enumerate() {
                        let next = nodes[(at + 1) % nodes.len()];
                        prop_assert!(edges.contains(&(*node, next)), "{} waits for nobody", next);
                    }
                }
            }
        }
    }
}
