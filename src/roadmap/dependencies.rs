//! Relations -> what waits for what, on the level of items; circles are condensed and named once.

use super::hierarchy::named;
use super::lookup::Lookup;
use super::types::{Cycle, Item};
use crate::model::{Relation, RelationKind};

/// Fills blockers and blocked from every face's relations, and cuts what waits for itself.
pub(super) fn fill(items: &mut [Item], item_at: &[usize], lookup: &Lookup<'_>) -> Vec<Cycle> {
    let mut waits = Vec::new();
    for (index, item) in items.iter_mut().enumerate() {
        let mut outside = Vec::new();
        for face in &item.faces {
            for Relation { kind, to } in &face.relations {
                let other = lookup.referred(&face.id.tracker, to).map(|issue| item_at[issue]);
                match (kind, other) {
                    (RelationKind::BlockedBy, Some(blocker)) => waits.push((index, blocker)),
                    (RelationKind::Blocks, Some(blocked)) => waits.push((blocked, index)),
                    (RelationKind::BlockedBy, None) if to.closed != Some(true) => {
                        outside.push(format!("{}:{}", face.id.tracker, to.local));
                    }
                    _ => {}
                }
            }
        }
        outside.sort();
        outside.dedup();
        item.blocked_outside = outside;
    }
    waits.retain(|(waiting, blocker)| waiting != blocker);
    waits.sort_unstable();
    waits.dedup();

    let component = components(items.len(), &waits);
    for (waiting, blocker) in waits {
        if component[waiting] != component[blocker] {
            items[waiting].blocked_by.push(blocker);
            items[blocker].blocks.push(waiting);
        }
    }
    cycles(items, &component)
}

fn cycles(items: &[Item], component: &[usize]) -> Vec<Cycle> {
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); items.len()];
    for (index, component) in component.iter().enumerate() {
        members[*component].push(index);
    }
    let mut cycles: Vec<Cycle> = members
        .into_iter()
        .filter(|circle| circle.len() > 1)
        .map(|circle| Cycle {
            why: format!(
                "{} wait for each other in a circle: none of these dependencies counts until one is taken away",
                named(items, circle.clone())
            ),
            items: circle,
        })
        .collect();
    cycles.sort_by(|a, b| a.items.cmp(&b.items));
    cycles
}

/// For each node the number of its strongly connected component (Tarjan 1972), with a stack of its own so that a
/// chain of any length is fine. `edges` are sorted.
fn components(nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    const UNSEEN: usize = usize::MAX;
    let mut first_edge = vec![0; nodes + 1];
    for (from, _) in edges {
        first_edge[from + 1] += 1;
    }
    for node in 0..nodes {
        first_edge[node + 1] += first_edge[node];
    }
    let (mut order, mut low) = (vec![UNSEEN; nodes], vec![UNSEEN; nodes]);
    let mut component = vec![UNSEEN; nodes];
    let (mut path, mut calls) = (Vec::new(), Vec::new());
    let (mut seen, mut found) = (0, 0);
    for start in 0..nodes {
        if order[start] != UNSEEN {
            continue;
        }
        calls.push((start, first_edge[start]));
        while let Some((node, edge)) = calls.pop() {
            if order[node] == UNSEEN {
                (order[node], low[node]) = (seen, seen);
                seen += 1;
                path.push(node);
            }
            if edge < first_edge[node + 1] {
                let next = edges[edge].1;
                calls.push((node, edge + 1));
                if order[next] == UNSEEN {
                    calls.push((next, first_edge[next]));
                } else if component[next] == UNSEEN {
                    low[node] = low[node].min(order[next]);
                }
                continue;
            }
            if low[node] == order[node] {
                while let Some(member) = path.pop() {
                    component[member] = found;
                    if member == node {
                        break;
                    }
                }
                found += 1;
            }
            if let Some((caller, _)) = calls.last() {
                low[*caller] = low[*caller].min(low[node]);
            }
        }
    }
    component
}

#[cfg(test)]
mod tests {
    use super::components;

    #[test]
    fn a_long_chain_and_a_long_circle_need_no_stack() {
        let nodes = 100_000;
        let mut edges: Vec<_> = (1..nodes).map(|node| (node - 1, node)).collect();
        let chain = components(nodes, &edges);
        assert_eq!(chain.iter().collect::<std::collections::BTreeSet<_>>().len(), nodes);
        edges.push((nodes - 1, 0));
        assert!(components(nodes, &edges).iter().all(|component| *component == 0));
    }

    #[test]
    fn two_circles_that_touch_by_one_edge_stay_apart() {
        let edges = [(0, 1), (1, 0), (1, 2), (2, 3), (3, 2)];
        let component = components(4, &edges);
        assert_eq!(component[0], component[1]);
        assert_eq!(component[2], component[3]);
        assert_ne!(component[0], component[2]);
    }
}
