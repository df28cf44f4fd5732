//! Statements.

use crate::generate::Gen;
use crate::places::Place;
use crate::tree::Node;
use crate::types::Ty;

/// Longest display of a value that lives on.
const MAX_DISPLAY: usize = 120;

impl Gen {
    /// Adds a statement or a few.
    pub fn stmt(&mut self, out: &mut Vec<Node>) {
        self.budget = self.budget.saturating_sub(1);
        let is_deep = self.depth >= 3;
        match self.rng.below(24) {
            0..=3 => self.let_stmt(out),
            4..=8 => self.assign(out),
            9 => self.append(out),
            10 => self.copy_part(out),
            11 if !is_deep => self.if_stmt(out),
            12 | 13 if !is_deep => self.for_stmt(out),
            14 if !is_deep => self.while_stmt(out),
            15 | 16 if !is_deep => self.match_stmt(out),
            17 => self.destructure(out),
            18 => self.jump(out),
            19 if !is_deep => self.live_stmt(out),
            _ => self.effect(out),
        }
    }

    fn let_stmt(&mut self, out: &mut Vec<Node>) {
        let ty = self.ty(3);
        let value = self.expr(&ty, 3);
        // Sometimes a variable of the same name and another type.
        let locals: Vec<String> =
            self.scope.iter().filter(|var| var.name.starts_with('v')).map(|var| var.name.clone()).collect();
        let name =
            if !locals.is_empty() && self.rng.chance(10) { self.rng.pick(&locals).clone() } else { self.fresh("v") };
        out.push(self.let_node(&name, &ty, &value));
        self.cap(&name, &ty, !self.loops.is_empty(), out);
        self.declare(&name, &ty);
    }

    /// Puts a value back to a plain one when it gets long.
    fn cap(&mut self, place: &str, ty: &Ty, is_capped: bool, out: &mut Vec<Node>) {
        if (is_capped || !self.loops.is_empty()) && ty.grows() {
            let name = self.fresh("k");
            let plain = self.plain(ty);
            out.push(Node::line(format!(
                "let {name} = {place}; if len(\"{{{name}}}\") > {MAX_DISPLAY} {{ {place} = {plain}; }}"
            )));
        }
    }

    /// `statements`, guarded by the conditions of the places.
    fn guarded(&mut self, places: &[&Place], statements: Vec<Node>, out: &mut Vec<Node>) {
        let conditions: Vec<String> = places.iter().filter_map(|place| place.condition()).collect();
        if conditions.is_empty() {
            out.extend(statements);
        } else {
            out.push(Node::block(format!("if {} {{", conditions.join(" && ")), statements));
        }
    }

    fn assign(&mut self, out: &mut Vec<Node>) {
        let Some(place) = self.place() else { return };
        let op = match &place.ty {
            Ty::Int => *self.rng.pick(&["=", "+=", "-=", "*="]),
            Ty::Str => *self.rng.pick(&["=", "=", "+="]),
            Ty::U8 | Ty::I32 => *self.rng.pick(&["=", "+=", "^="]),
            Ty::Array(_) => *self.rng.pick(&["=", "=", "+="]),
            _ => "=",
        };
        let value = self.expr(&place.ty, 3);
        let simple = self.read(&place.ty);
        let text = |value: &str| format!("{} {op} {value};", place.text);
        let mut body = vec![Node::or(text(&value), text(&simple))];
        self.cap(&place.text, &place.ty, place.is_capped, &mut body);
        self.guarded(&[&place], body, out);
    }

    /// `p = push(p, e)`, often with a part of `p`.
    fn append(&mut self, out: &mut Vec<Node>) {
        let Some(place) = self.place() else { return };
        let Ty::Array(item) = &place.ty else { return };
        let value = self.expr(item, 2);
        let call = if self.rng.chance(70) {
            format!("push({}, {value})", place.text)
        } else {
            format!("{}.push({value})", place.text)
        };
        let mut body = vec![Node::line(format!("{} = {call};", place.text))];
        self.cap(&place.text, &place.ty, place.is_capped, &mut body);
        self.guarded(&[&place], body, out);
    }

    /// `p = q`, or both exchanged.
    fn copy_part(&mut self, out: &mut Vec<Node>) {
        let Some(to) = self.place() else { return };
        let Some(from) = self.place_of(&to.ty) else { return };
        let text = match self.rng.below(3) {
            0 => format!("{} = {};", to.text, from.text),
            1 => format!("({}, {}) = ({}, {});", to.text, from.text, from.text, to.text),
            _ => {
                let name = self.fresh("x");
                format!("let {name} = {0}; {0} = {1}; {1} = {name};", to.text, from.text)
            }
        };
        let mut body = vec![Node::line(text)];
        self.cap(&to.text, &to.ty, to.is_capped, &mut body);
        self.guarded(&[&to, &from], body, out);
    }

    /// Statements in a scope of their own.
    fn body(&mut self, count: usize, bindings: &[(String, Ty)]) -> Vec<Node> {
        let before = self.scope.clone();
        for (name, ty) in bindings {
            self.declare(name, ty);
        }
        self.depth += 1;
        let mut nodes = Vec::new();
        for _ in 0..count {
            self.stmt(&mut nodes);
        }
        self.depth -= 1;
        self.scope = before;
        nodes
    }

    fn if_stmt(&mut self, out: &mut Vec<Node>) {
        let condition = self.expr(&Ty::Bool, 2);
        let count = self.rng.between(1, 3);
        let mut parts = vec![(format!("if {condition} {{"), self.body(count, &[]))];
        if self.rng.chance(50) {
            let count = self.rng.between(1, 2);
            parts.push(("} else {".into(), self.body(count, &[])));
        }
        out.push(Node { parts, end: "}".into(), simpler: None });
    }

    fn for_stmt(&mut self, out: &mut Vec<Node>) {
        let name = self.fresh("i");
        let (source, ty) = match self.rng.below(4) {
            0 => (format!("0..{}", self.rng.between(1, 4)), Ty::Int),
            1 => (self.expr(&Ty::Str, 2), Ty::Char),
            _ => {
                let item = self.ty(2);
                let source = self.expr(&Ty::Array(Box::new(item.clone())), 2);
                let array = self.fresh("s");
                out.push(self.let_node(&array, &Ty::Array(Box::new(item.clone())), &source));
                self.declare(&array, &Ty::Array(Box::new(item.clone())));
                (array, item)
            }
        };
        let label = self.fresh("loop");
        self.loops.push(label.clone());
        let count = self.rng.between(1, 4);
        let mut body = vec![self.brake()];
        body.extend(self.body(count, &[(name.clone(), ty)]));
        self.loops.pop();
        out.push(Node::block(format!("{label}: for {name} in {source} {{"), body));
    }

    fn while_stmt(&mut self, out: &mut Vec<Node>) {
        let counter = self.fresh("w");
        out.push(Node::line(format!("let {counter} = 0;")));
        let label = self.fresh("loop");
        self.loops.push(label.clone());
        let (head, bindings) = if self.rng.chance(30) {
            let ty = self.ty(2);
            let value = self.sized(&ty, 2);
            let mut bindings = Vec::new();
            let pattern = self.pattern(&ty, 3, &mut bindings);
            (format!("{label}: while let {pattern} = {value} {{"), bindings)
        } else {
            let condition = self.expr(&Ty::Bool, 2);
            (format!("{label}: while {counter} < 4 && {condition} {{"), Vec::new())
        };
        let count = self.rng.between(1, 4);
        let mut body = vec![self.brake(), Node::line(format!("{counter} += 1; if {counter} > 4 {{ break; }}"))];
        body.extend(self.body(count, &bindings));
        self.loops.pop();
        out.push(Node::block(head, body));
    }

    /// A live block, most of the time with an attempt or two that fail somewhere in the middle.
    fn live_stmt(&mut self, out: &mut Vec<Node>) {
        let attempts = self.rng.between(2, 3);
        let count = self.rng.between(1, 4);
        let mut body = self.body(count, &[]);
        let fails = if self.rng.chance(80) { self.rng.between(1, attempts - 1) } else { 0 };
        let at = self.rng.below(body.len() + 1);
        body.insert(at, Node::line(format!("assert(live_retries() >= {fails}, \"again\");")));
        let invariant = if self.rng.chance(20) { "invariant live_retries() >= 1 " } else { "" };
        out.push(Node::block(format!("live retries({attempts}) {invariant}{{"), body));
    }

    fn match_stmt(&mut self, out: &mut Vec<Node>) {
        let ty = self.ty(2);
        let value = self.sized(&ty, 2);
        let count = self.rng.between(1, 3);
        let mut parts = Vec::new();
        for n in 0..count {
            let mut bindings = Vec::new();
            let pattern = self.pattern(&ty, 3, &mut bindings);
            let guard = if self.rng.chance(20) {
                let before = self.scope.clone();
                for (name, ty) in &bindings {
                    self.declare(name, ty);
                }
                let condition = self.expr(&Ty::Bool, 2);
                self.scope = before;
                format!(" if {condition}")
            } else {
                String::new()
            };
            let before = if n == 0 { format!("match {value} {{ ") } else { "} ".into() };
            let size = self.rng.between(1, 2);
            parts.push((format!("{before}{pattern}{guard} => {{"), self.body(size, &bindings)));
        }
        parts.push(("} _ => {".into(), self.body(1, &[])));
        out.push(Node { parts, end: "} }".into(), simpler: None });
    }

    fn destructure(&mut self, out: &mut Vec<Node>) {
        let ty = self.ty(2);
        let value = self.sized(&ty, 2);
        let mut bindings = Vec::new();
        let pattern = self.pattern(&ty, 3, &mut bindings);
        let leave = match &self.current {
            _ if !self.loops.is_empty() => "continue;".to_string(),
            Some(func) => match func.result.clone() {
                Some(result) => format!("return {};", self.plain(&result)),
                None => "return;".to_string(),
            },
            None => {
                // At top level it would end the program.
                let size = self.rng.between(1, 2);
                let body = self.body(size, &bindings);
                out.push(Node::block(format!("if let {pattern} = {value} {{"), body));
                return;
            }
        };
        out.push(Node::line(format!("let {pattern} = {value} else {{ {leave} }};")));
        for (name, ty) in &bindings {
            self.declare(name, ty);
        }
    }

    fn jump(&mut self, out: &mut Vec<Node>) {
        let condition = self.expr(&Ty::Bool, 2);
        if !self.loops.is_empty() && self.rng.chance(70) {
            let label = self.rng.pick(&self.loops).clone();
            let word = *self.rng.pick(&["break", "continue"]);
            out.push(Node::line(format!("if {condition} {{ {word} {label}; }}")));
        } else if let Some(func) = self.current.clone() {
            match &func.result {
                Some(Ty::Option(item)) if self.rng.chance(50) => self.propagate(&Ty::Option(item.clone()), out),
                Some(Ty::Result(_)) if self.rng.chance(50) => {
                    let item = Box::new(self.ty(2));
                    self.propagate(&Ty::Result(item), out);
                }
                Some(ty) => {
                    let value = self.expr(ty, 2);
                    out.push(Node::line(format!("if {condition} {{ return {value}; }}")));
                }
                None => out.push(Node::line(format!("if {condition} {{ return; }}"))),
            }
        }
    }

    fn propagate(&mut self, ty: &Ty, out: &mut Vec<Node>) {
        let (Ty::Option(item) | Ty::Result(item)) = ty else { return };
        let holder = self.fresh("q");
        let value = self.expr(ty, 2);
        out.push(self.let_node(&holder, ty, &value));
        let name = self.fresh("v");
        out.push(Node::line(format!("let {name}: {} = {holder}?;", item.text())));
        self.declare(&holder, ty);
        self.declare(&name, item);
    }

    /// Calls a function, or shows a value.
    fn effect(&mut self, out: &mut Vec<Node>) {
        let callable: Vec<_> = self.funcs.iter().chain(&self.current).cloned().collect();
        if !callable.is_empty() && self.rng.chance(70) {
            let func = self.rng.pick(&callable).clone();
            let call = self.call_text(&func, 2);
            let target = func.result.as_ref().and_then(|ty| self.place_of(ty));
            match (&func.result, target) {
                (None, _) => out.push(Node::line(format!("{call};"))),
                (Some(_), Some(place)) => {
                    let mut body = vec![Node::line(format!("{} = {call};", place.text))];
                    self.cap(&place.text, &place.ty, place.is_capped, &mut body);
                    self.guarded(&[&place], body, out);
                }
                (Some(ty), None) => {
                    let name = self.fresh("v");
                    out.push(self.let_node(&name, ty, &call));
                    self.cap(&name, ty, !self.loops.is_empty(), out);
                    self.declare(&name, ty);
                }
            }
        } else if let Some(place) = self.place() {
            let print = Node::line(format!("println({});", place.text));
            self.guarded(&[&place], vec![print], out);
        }
    }
}
