//! What functions inside bodies capture, and how.
//!
//! A function captures the variables of functions around it that it mentions, and those that functions it makes or calls
//! capture. That is a fixed point over the graph of mentions; no function need be checked before another.
//!
//! A captured variable that something assigns lives in a cell, which all that see it share. All others are captured by
//! value, and nobody can tell the difference. Variables whose types contain function types are captured by value always:
//! assigning to one after its capture is an error, and so is the capture of a variable through which a cell that can hold
//! functions is reached. So no function value is ever reached from what it captured, and counting references suffices.

use std::collections::BTreeSet;

use resilient_base::{Diagnostic, EntityRef, SecondaryMap, Span, diag::codes};
use rustc_hash::FxHashMap;

use super::Checker;
use super::ty::{Ty, TyKind, TyTable};
use crate::decls::TraitId;
use crate::tables::{LocalInfo, Mention, Mentioned, NestedFns, NestedId, Tables};
use crate::typed::LocalId;

impl Checker<'_, '_, '_> {
    /// Finds the captures in all bodies. All types are known.
    pub(super) fn check_captures(&mut self) {
        let insts: Vec<_> = self.out.fns.keys().collect();
        for inst in insts {
            if let Some(mut tables) = self.out.fns[inst].take() {
                self.check_body(&mut tables);
                self.out.fns[inst] = Some(tables);
            }
        }
        for index in 0..self.out.top.len() {
            if let Some(mut tables) = self.out.top[index].take() {
                self.check_body(&mut tables);
                self.out.top[index] = Some(tables);
            }
        }
    }

    /// Types whose values could be stored in cells that they contain, as trait objects. All types that become trait objects
    /// are known, so what a `dyn` value may hold is those that become one.
    pub(super) fn reject_dyn_cycles(&mut self) {
        let traits: Vec<TraitId> = self.decls.traits.keys().collect();
        let mut reported: Vec<Span> = Vec::new();
        for id in traits {
            for ty in self.out.traits.dyns[id].clone() {
                let reached = self.behind_dyn(ty);
                let contents: Vec<Ty> = reached.into_iter().flat_map(|ty| self.out.tys.cell_contents(ty)).collect();
                let stored: Vec<Ty> = contents.into_iter().flat_map(|ty| self.behind_dyn(ty)).collect();
                let wanted = self.out.tys.kind(ty);
                let is_cycle = stored.into_iter().any(|part| self.out.tys.any_part(part, |kind| kind == wanted));
                if !is_cycle {
                    continue;
                }
                let at = self.declared_at(ty);
                if !reported.contains(&at) {
                    reported.push(at);
                    self.report_cell_cycle(ty, at, Some(id));
                }
            }
        }
    }

    fn check_body(&mut self, tables: &mut Tables) {
        if tables.nested.fns.is_empty() {
            return;
        }
        let captures = self.captures(tables);
        self.report_early(tables, &captures);
        let mut captors: SecondaryMap<LocalId, Option<NestedId>> = SecondaryMap::new();
        for (id, found) in &captures {
            for &local in found {
                captors[local].get_or_insert(*id);
            }
        }
        let locals: Vec<LocalId> = tables.locals.keys().collect();
        let mentions = mentions_of_locals(&tables.nested);
        for local in locals {
            let found = mentions.get(&local).map_or(&[][..], Vec::as_slice);
            let is_recursive = found.iter().any(|mention| matches!(mention.what, Mentioned::Recursive(_)));
            if captors[local].is_none() && !is_recursive {
                continue;
            }
            if self.holds_functions(tables.locals[local].ty) {
                self.reject_assignments(tables, local, found);
                if let Some(captor) = captors[local] {
                    self.reject_cell(tables, local, captor, found);
                }
            } else {
                tables.locals[local].is_cell = tables.locals[local].assigned;
            }
        }
        for (id, found) in captures {
            tables.nested.fns[id].captures = found.into_iter().collect();
        }
    }

    /// What the functions of a body capture, indexed by their ids. A live block restores the variables in scope that other
    /// functions change, whether it mentions them or not.
    fn captures(&mut self, tables: &Tables) -> Vec<(NestedId, BTreeSet<LocalId>)> {
        let users = users_of(&tables.nested);
        let mut found: Vec<(NestedId, BTreeSet<LocalId>)> = captured_by_name(&tables.nested);
        propagate(tables, &users, &mut found);
        if tables.nested.lives.is_empty() {
            return found;
        }
        let captured: BTreeSet<LocalId> = found.iter().flat_map(|(_, locals)| locals).copied().collect();
        for (frame, scope) in &tables.nested.lives {
            for &local in scope.iter().filter(|local| captured.contains(local)) {
                let info = &tables.locals[local];
                if info.assigned && info.frame != Some(*frame) && !self.holds_functions(info.ty) {
                    found[frame.index()].1.insert(local);
                }
            }
        }
        propagate(tables, &users, &mut found);
        found
    }

    /// Functions that are used before the variables they capture exist.
    fn report_early(&mut self, tables: &Tables, captures: &[(NestedId, BTreeSet<LocalId>)]) {
        for mention in &tables.nested.mentions {
            let Some(used) = nested_of(&tables.nested, mention) else { continue };
            let early =
                captures[used.index()].1.iter().copied().find(|&local| {
                    tables.locals[local].frame == mention.frame && tables.locals[local].tick > mention.tick
                });
            if let Some(local) = early {
                let name = match tables.nested.fns[used].name {
                    Some(name) => format!("`{}`", self.cx.name(name)),
                    None => "this function".to_string(),
                };
                let info = &tables.locals[local];
                let variable = info.name.map_or("_", |name| self.cx.name(name));
                let message = format!("{name} captures `{variable}`, which does not exist yet");
                self.diags.push(
                    Diagnostic::error(codes::EARLY_CALL, mention.at, message)
                        .with_secondary(info.span, "declared here")
                        .with_help(format!("use {name} behind this declaration")),
                );
            }
        }
    }

    /// Whether values of type `ty` are or contain functions, those inside of trait objects included.
    fn holds_functions(&mut self, ty: Ty) -> bool {
        let reached = self.behind_dyn(ty);
        reached.into_iter().any(|ty| self.out.tys.any_part(ty, |kind| matches!(kind, TyKind::Fn(_))))
    }

    /// `ty`, and the types of what trait objects in its values hold, at any depth. All of those are known by now.
    fn behind_dyn(&mut self, ty: Ty) -> Vec<Ty> {
        let mut reached = vec![ty];
        let mut traits: Vec<TraitId> = Vec::new();
        let mut next = 0;
        while let Some(&ty) = reached.get(next) {
            next += 1;
            let mut found = Vec::new();
            self.out.tys.any_part(ty, |kind| {
                if let TyKind::Dyn(id) = kind {
                    found.push(id);
                }
                false
            });
            for id in found {
                if !traits.contains(&id) {
                    traits.push(id);
                    reached.extend(&self.out.traits.dyns[id]);
                }
            }
        }
        reached
    }

    /// Assignments to a variable that holds functions and is captured: allowed only before the capture, and not in a loop
    /// with it.
    fn reject_assignments(&mut self, tables: &Tables, local: LocalId, mentions: &[Mention]) {
        let (nested, info) = (&tables.nested, &tables.locals[local]);
        for assign in mentions.iter().filter(|mention| matches!(mention.what, Mentioned::Assigned(_))) {
            let found = mentions.iter().find_map(|mention| match mention.what {
                Mentioned::Recursive(_) => Some((mention, "its function refers to itself by this name")),
                Mentioned::Captured(_) => {
                    let is_late = assign.frame != info.frame
                        || time(nested, info, mention) < assign.tick
                        || share_loop(nested, info, mention, assign);
                    is_late.then_some((mention, "captured here"))
                }
                _ => None,
            });
            if let Some((capture, label)) = found {
                self.report_assignment(assign.at, capture.at, label);
            }
        }
    }

    fn report_assignment(&mut self, at: Span, capture: Span, label: &str) {
        let message = "captured function variable cannot be reassigned";
        self.diags.push(
            Diagnostic::error(codes::CAPTURED_FUNCTION, at, message)
                .with_secondary(capture, label)
                .with_note("functions are captured by value, so that no function can come to hold itself"),
        );
    }

    /// A captured cell that can hold functions.
    fn reject_cell(&mut self, tables: &Tables, local: LocalId, captor: NestedId, mentions: &[Mention]) {
        let info = &tables.locals[local];
        let reached = self.behind_dyn(info.ty);
        let contents: Vec<Ty> = reached.into_iter().flat_map(|ty| self.out.tys.cell_contents(ty)).collect();
        if !contents.into_iter().any(|content| self.holds_functions(content)) {
            return;
        }
        let mention = mentions.iter().find(|mention| matches!(mention.what, Mentioned::Captured(_)));
        let at = mention.map_or(tables.nested.fns[captor].span, |mention| mention.at);
        let name = info.name.map_or("_", |name| self.cx.name(name));
        let message = format!("a function cannot capture `{name}`, which has a cell that can hold functions");
        self.diags.push(
            Diagnostic::error(codes::CAPTURED_CELL, at, message)
                .with_secondary(info.span, "declared here")
                .with_note("the cell could come to hold the function that captured it")
                .with_help("give it to the function as an argument"),
        );
    }
}

/// The variables of functions around that each function mentions.
fn captured_by_name(nested: &NestedFns) -> Vec<(NestedId, BTreeSet<LocalId>)> {
    let mut found: Vec<(NestedId, BTreeSet<LocalId>)> = nested.fns.keys().map(|id| (id, BTreeSet::new())).collect();
    for mention in &nested.mentions {
        if let (Some(frame), Mentioned::Captured(local)) = (mention.frame, mention.what) {
            found[frame.index()].1.insert(local);
        }
    }
    found
}

/// For each function, those that call it or make it a value.
fn users_of(nested: &NestedFns) -> Vec<Vec<NestedId>> {
    let mut users: Vec<Vec<NestedId>> = nested.fns.keys().map(|_| Vec::new()).collect();
    for mention in &nested.mentions {
        if let (Some(frame), Some(used)) = (mention.frame, nested_of(nested, mention))
            && used != frame
        {
            users[used.index()].push(frame);
        }
    }
    users
}

/// Whoever uses a function captures what that does.
fn propagate(tables: &Tables, users: &[Vec<NestedId>], found: &mut [(NestedId, BTreeSet<LocalId>)]) {
    let mut todo: Vec<NestedId> = tables.nested.fns.keys().collect();
    while let Some(used) = todo.pop() {
        let inner = found[used.index()].1.clone();
        for &user in &users[used.index()] {
            let before = found[user.index()].1.len();
            let outer = inner.iter().copied().filter(|&local| tables.locals[local].frame != Some(user));
            found[user.index()].1.extend(outer);
            if found[user.index()].1.len() != before {
                todo.push(user);
            }
        }
    }
}

fn nested_of(nested: &NestedFns, mention: &Mention) -> Option<NestedId> {
    match mention.what {
        Mentioned::Nested(id) => Some(id),
        Mentioned::Instance(id) => nested.uses[id],
        Mentioned::Captured(_) | Mentioned::Assigned(_) | Mentioned::Recursive(_) => None,
    }
}

/// The mentions of variables, by variable.
fn mentions_of_locals(nested: &NestedFns) -> FxHashMap<LocalId, Vec<Mention>> {
    let mut found: FxHashMap<LocalId, Vec<Mention>> = FxHashMap::default();
    for mention in &nested.mentions {
        if let Mentioned::Captured(local) | Mentioned::Assigned(local) | Mentioned::Recursive(local) = mention.what {
            found.entry(local).or_default().push(*mention);
        }
    }
    found
}

/// When the variable is mentioned, as seen from the function whose variable it is: generic local functions mention it
/// where they are declared.
fn time(nested: &NestedFns, info: &LocalInfo, mention: &Mention) -> u32 {
    let checks = std::iter::successors(mention.instance, |&at| nested.checks[at as usize].outer);
    let outside = checks.map(|at| nested.checks[at as usize]).take_while(|check| info.tick <= check.start);
    outside.last().map_or(mention.tick, |check| check.declared)
}

/// Whether a loop stands around both mentions of the variable and not around its declaration.
fn share_loop(nested: &NestedFns, info: &LocalInfo, a: &Mention, b: &Mention) -> bool {
    let outermost = |mention: &Mention| {
        let around = std::iter::successors(mention.repeat, |&at| nested.repeats[at as usize]);
        around.take_while(|&at| Some(at) != info.repeat).last()
    };
    match (outermost(a), outermost(b)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

impl TyTable {
    /// Whether `test` holds for the head of `ty` or of a part of it, at any depth.
    pub(super) fn any_part(&mut self, ty: Ty, mut test: impl FnMut(TyKind) -> bool) -> bool {
        let mut seen = BTreeSet::new();
        let mut todo = vec![ty];
        while let Some(ty) = todo.pop() {
            let ty = self.shallow(ty);
            if !seen.insert(ty) {
                continue;
            }
            let kind = self.kind(ty);
            if test(kind) {
                return true;
            }
            todo.extend(self.parts(ty));
        }
        false
    }

    /// The types of what the cells in a value of type `ty` hold.
    pub(super) fn cell_contents(&mut self, ty: Ty) -> Vec<Ty> {
        let mut contents = Vec::new();
        self.any_part(ty, |kind| {
            if let TyKind::Cell(content) = kind {
                contents.push(content);
            }
            false
        });
        contents
    }

    /// The types of the parts that values of type `ty` are made of.
    pub(super) fn parts(&mut self, ty: Ty) -> Vec<Ty> {
        match self.kind(ty) {
            TyKind::Array(part) | TyKind::Cell(part) => vec![part],
            TyKind::Enum(id, args) => {
                let n_variants = self.nominals.enums[id].variants.len() as u32;
                (0..n_variants).flat_map(|number| self.payload(id, args, number)).collect()
            }
            _ => self.field_types(ty).unwrap_or_default(),
        }
    }
}
