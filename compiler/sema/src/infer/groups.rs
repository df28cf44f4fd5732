//! Groups of functions whose undeclared results depend on each other: strongly connected components of the graph of
//! mentions, those that others need first (Tarjan 1972, with an explicit stack).

use resilient_base::{SecondaryMap, Symbol};
use resilient_syntax::ast::{self, ExprKind, StmtKind};
use rustc_hash::FxHashMap;

use super::ops::operator_method;
use super::written::n_unwritten;
use crate::cfg::Cx;
use crate::decls::{Decls, FnId};
use crate::scopes::ScopeId;
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
    /// Groups the functions without a declared result, or with one that leaves type arguments open.
    pub fn build(decls: &Decls<'_>, cx: Cx<'_>) -> Groups {
        let has_open_result = |id: FnId| decls.fns[id].decl.result.is_none_or(|ty| n_unwritten(ty, cx) > 0);
        let nodes: Vec<FnId> =
            decls.fns.keys().filter(|&id| has_open_result(id) && !decls.library.contains(id)).collect();
        let mut node_of: SecondaryMap<FnId, Option<usize>> = SecondaryMap::new();
        for (i, &id) in nodes.iter().enumerate() {
            node_of[id] = Some(i);
        }
        let mut methods: FxHashMap<Symbol, Vec<usize>> = FxHashMap::default();
        for (i, &id) in nodes.iter().enumerate() {
            if decls.fns[id].impl_.is_some() {
                methods.entry(decls.fns[id].name.symbol).or_default().push(i);
            }
        }
        let mut mentions = Mentions { decls, cx, node_of, methods };
        let edges: Vec<Vec<usize>> = nodes.iter().map(|&id| mentions.of(id)).collect();
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

/// Finds the functions of the graph that a function names. A name that a local variable hides counts too, and so does
/// every method of the name of one that is called: that makes a group larger than need be and does no harm.
struct Mentions<'m, 'c, 'a> {
    decls: &'m Decls<'a>,
    cx: Cx<'c>,
    node_of: SecondaryMap<FnId, Option<usize>>,
    methods: FxHashMap<Symbol, Vec<usize>>,
}

impl Mentions<'_, '_, '_> {
    fn of(&mut self, id: FnId) -> Vec<usize> {
        let mut out = Vec::new();
        let scope = self.decls.fns[id].scope;
        walk::each(walk::fn_roots(self.decls.fns[id].decl), &mut |node| match node {
            Node::Expr(expr) => self.expr(expr, scope, &mut out),
            Node::Stmt(stmt) => {
                if let StmtKind::Assign(ast::Assign { op: Some(op), .. }) = &stmt.kind {
                    self.operator(*op, &mut out);
                }
            }
        });
        out.sort_unstable();
        out.dedup();
        out
    }

    fn expr(&self, expr: &ast::Expr<'_>, scope: ScopeId, out: &mut Vec<usize>) {
        match &expr.kind {
            ExprKind::Path(path) => match (self.decls.scopes.enter(scope, path.segments), path.segments) {
                ((None, _), [name]) => out.extend(self.function(scope, *name)),
                ((Some(module), [name]), _) => {
                    let target = self.decls.scopes[module].fns.get(name.symbol);
                    out.extend(target.and_then(|target| self.node_of[target]));
                }
                (_, [.., name]) => self.method(name.symbol, out),
                (_, []) => {}
            },
            ExprKind::MethodCall(_, name, _) | ExprKind::OptMethodCall(_, name, _) => {
                self.method(name.symbol, out);
                out.extend(self.function(scope, *name));
            }
            ExprKind::Binary(op, ..) => self.operator(*op, out),
            _ => {}
        }
    }

    fn function(&self, scope: ScopeId, name: ast::Name) -> Option<usize> {
        self.decls.scopes.function(scope, name.symbol).and_then(|target| self.node_of[target])
    }

    fn method(&self, name: Symbol, out: &mut Vec<usize>) {
        out.extend(self.methods.get(&name).into_iter().flatten());
    }

    fn operator(&self, op: ast::BinaryOp, out: &mut Vec<usize>) {
        for name in operator_method(op).into_iter().chain((op == ast::BinaryOp::Ne).then_some("eq")) {
            if let Some(symbol) = self.cx.interner.get(name) {
                self.method(symbol, out);
            }
        }
    }
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
