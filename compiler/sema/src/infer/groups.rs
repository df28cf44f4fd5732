//! Groups of functions whose undeclared results depend on each other: strongly connected components of the graph of
//! mentions, those that others need first (Tarjan 1972, with an explicit stack).

use resilient_base::SecondaryMap;
use resilient_syntax::ast::ExprKind;

use crate::decls::{Decls, FnId};
use crate::walk::{self, Node};

/// The groups, each before those that need it.
#[derive(Default)]
pub struct Groups {
    /// The members of each group in source order.
    pub members: Vec<Vec<FnId>>,
    /// The groups that a group mentions, itself not.
    needs: Vec<Vec<usize>>,
    group_of: SecondaryMap<FnId, Option<u32>>,
}

impl Groups {
    /// Groups the functions without a declared result.
    pub fn build(decls: &Decls<'_>) -> Groups {
        let nodes: Vec<FnId> = decls.fns.keys().filter(|&id| decls.fns[id].decl.result.is_none()).collect();
        let mut node_of: SecondaryMap<FnId, Option<usize>> = SecondaryMap::new();
        for (i, &id) in nodes.iter().enumerate() {
            node_of[id] = Some(i);
        }
        let edges: Vec<Vec<usize>> = nodes.iter().map(|&id| mentions(decls, id, &node_of)).collect();
        let mut groups = Groups::default();
        for component in components(&edges) {
            let group = groups.members.len();
            for &node in &component {
                groups.group_of[nodes[node]] = Some(group as u32);
            }
            let mut needs: Vec<usize> = component
                .iter()
                .flat_map(|&node| &edges[node])
                .filter_map(|&target| groups.of(nodes[target]))
                .filter(|&target| target != group)
                .collect();
            needs.sort_unstable();
            needs.dedup();
            groups.needs.push(needs);
            let mut members: Vec<FnId> = component.iter().map(|&node| nodes[node]).collect();
            members.sort_unstable();
            groups.members.push(members);
        }
        groups
    }

    /// The group of `function`; none if its result is declared.
    pub fn of(&self, function: FnId) -> Option<usize> {
        self.group_of[function].map(|g| g as usize)
    }

    /// `group` and all it needs, in the order in which they can be checked. Groups for which `is_done` holds are left
    /// out, and so is what only they need.
    pub fn closure(&self, group: usize, is_done: impl Fn(usize) -> bool) -> Vec<usize> {
        let mut seen = vec![group];
        let mut todo = vec![group];
        let mut is_seen = vec![false; self.members.len()];
        is_seen[group] = true;
        while let Some(next) = todo.pop() {
            for &needed in &self.needs[next] {
                if !is_seen[needed] && !is_done(needed) {
                    is_seen[needed] = true;
                    seen.push(needed);
                    todo.push(needed);
                }
            }
        }
        seen.sort_unstable();
        seen
    }
}

/// The functions without declared result that `id` names. A name that a local variable hides counts too: that makes
/// a group larger than need be and does no harm.
fn mentions(decls: &Decls<'_>, id: FnId, node_of: &SecondaryMap<FnId, Option<usize>>) -> Vec<usize> {
    let mut out = Vec::new();
    walk::each(walk::fn_roots(decls.fns[id].decl), &mut |node| {
        if let Node::Expr(expr) = node
            && let ExprKind::Path(path) = &expr.kind
            && let [name] = path.segments
            && let Some(target) = decls.function(name.symbol)
        {
            out.extend(node_of[target]);
        }
    });
    out.sort_unstable();
    out.dedup();
    out
}

/// The strongly connected components of a graph, each after those it has edges to.
fn components(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let n = edges.len();
    let mut order: Vec<Option<usize>> = vec![None; n];
    let mut low = vec![0; n];
    let mut on_stack = vec![false; n];
    let mut stack = Vec::new();
    let mut n_seen = 0;
    let mut found = Vec::new();
    for root in 0..n {
        if order[root].is_some() {
            continue;
        }
        let mut calls: Vec<(usize, usize)> = vec![(root, 0)];
        while let Some((node, next_edge)) = calls.pop() {
            if next_edge == 0 {
                order[node] = Some(n_seen);
                low[node] = n_seen;
                n_seen += 1;
                stack.push(node);
                on_stack[node] = true;
            }
            if let Some(&target) = edges[node].get(next_edge) {
                calls.push((node, next_edge + 1));
                match order[target] {
                    None => calls.push((target, 0)),
                    Some(at) if on_stack[target] => low[node] = low[node].min(at),
                    Some(_) => {}
                }
                continue;
            }
            if Some(low[node]) == order[node] {
                let at = stack.iter().rposition(|&member| member == node).unwrap_or(0);
                let component: Vec<usize> = stack.drain(at..).collect();
                component.iter().for_each(|&member| on_stack[member] = false);
                found.push(component);
            }
            if let Some(&(parent, _)) = calls.last() {
                low[parent] = low[parent].min(low[node]);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::components;

    fn sorted(edges: &[&[usize]]) -> Vec<Vec<usize>> {
        let edges: Vec<Vec<usize>> = edges.iter().map(|e| e.to_vec()).collect();
        let mut found = components(&edges);
        found.iter_mut().for_each(|c| c.sort_unstable());
        found
    }

    #[test]
    fn needed_components_come_first() {
        assert_eq!(sorted(&[&[1], &[2], &[]]), [vec![2], vec![1], vec![0]]);
        assert_eq!(sorted(&[&[1], &[0, 2], &[2], &[0]]), [vec![2], vec![0, 1], vec![3]]);
    }

    #[test]
    fn two_cycles_that_meet() {
        assert_eq!(sorted(&[&[1], &[2, 0], &[3], &[2, 4], &[]]), [vec![4], vec![2, 3], vec![0, 1]]);
    }

    #[test]
    fn long_chains_need_no_stack() {
        let edges: Vec<Vec<usize>> = (0..200_000).map(|i| if i + 1 < 200_000 { vec![i + 1] } else { vec![] }).collect();
        assert_eq!(components(&edges).len(), 200_000);
    }
}
