//! Whole programs: declarations, globals, functions and the statements that run.
//!
//! Programs end: a function calls only functions declared before it, or itself with less `fuel`, and all calls and rounds
//! of loops count `steps` up to a limit. Values stay small: what is assigned where control may come again is put back to a
//! plain value when its display gets long.

use crate::rng::Rng;
use crate::tree::Node;
use crate::types::{Ty, Types};

/// Calls and rounds of loops in one run.
const MAX_STEPS: usize = 150;

/// The program of a seed.
pub fn program(seed: u64) -> Vec<Node> {
    let mut generator = Gen::new(seed);
    let mut nodes = generator.declarations();
    nodes.push(Node::line("let steps = 0;"));
    for _ in 0..generator.rng.between(1, 4) {
        nodes.push(generator.global());
    }
    for _ in 0..generator.rng.between(1, 5) {
        nodes.push(generator.function());
    }
    generator.budget = generator.rng.between(20, 60);
    while generator.budget > 0 {
        generator.stmt(&mut nodes);
    }
    for var in generator.scope.clone() {
        nodes.push(Node::line(format!("println(\"{0}: {{{0}}}\");", var.name)));
    }
    nodes.push(Node::line("println(steps);"));
    if generator.rng.chance(15) {
        nodes.push(generator.fault());
    }
    nodes
}

/// A variable in scope.
#[derive(Clone)]
pub struct Var {
    pub name: String,
    pub ty: Ty,
    /// Assigned values are kept small, because control may come to the assignment again.
    pub is_capped: bool,
}

/// A function that can be called.
#[derive(Clone)]
pub struct Func {
    pub name: String,
    /// Whether the first parameter is `self`.
    pub is_method: bool,
    pub params: Vec<Ty>,
    /// None for `void`.
    pub result: Option<Ty>,
}

/// The state of the generator.
pub struct Gen {
    pub rng: Rng,
    pub types: Types,
    pub scope: Vec<Var>,
    pub funcs: Vec<Func>,
    /// The function whose body is being made.
    pub current: Option<Func>,
    /// Labels of the loops around, outermost first.
    pub loops: Vec<String>,
    /// Statements still to make in this body.
    pub budget: usize,
    /// Depth of nested statements.
    pub depth: usize,
    next_id: usize,
}

impl Gen {
    fn new(seed: u64) -> Gen {
        Gen {
            rng: Rng::new(seed),
            types: Types::default(),
            scope: Vec::new(),
            funcs: Vec::new(),
            current: None,
            loops: Vec::new(),
            budget: 0,
            depth: 0,
            next_id: 0,
        }
    }

    /// A name that no other variable has.
    pub fn fresh(&mut self, prefix: &str) -> String {
        self.next_id += 1;
        format!("{prefix}{}", self.next_id)
    }

    /// Makes a variable visible.
    pub fn declare(&mut self, name: &str, ty: &Ty) {
        let is_capped = !self.loops.is_empty();
        self.scope.retain(|var| var.name != name);
        self.scope.push(Var { name: name.to_string(), ty: ty.clone(), is_capped });
    }

    fn global(&mut self) -> Node {
        let ty = self.ty(2);
        let value = self.literal(&ty, 2);
        let name = self.fresh("g");
        let node = self.let_node(&name, &ty, &value);
        self.scope.push(Var { name, ty, is_capped: true });
        node
    }

    /// `let name: T = value;`
    pub fn let_node(&mut self, name: &str, ty: &Ty, value: &str) -> Node {
        let text = |value: &str| format!("let {name}: {} = {value};", ty.text());
        Node::or(text(value), text(&self.plain(ty)))
    }

    fn function(&mut self) -> Node {
        let globals = self.scope.clone();
        let is_method = !self.types.structs.is_empty() && self.rng.chance(30);
        let count = self.rng.between(1, 3);
        let mut params: Vec<Ty> = (0..count).map(|_| self.ty(2)).collect();
        if is_method {
            params[0] = Ty::Struct(self.rng.below(self.types.structs.len()));
        }
        let result = if self.rng.chance(80) { Some(self.result_type(&params)) } else { None };
        let func = Func { name: self.fresh("f"), is_method, params, result };
        let names: Vec<String> =
            (0..count).map(|n| if is_method && n == 0 { "self".into() } else { format!("a{n}") }).collect();
        for (name, ty) in names.iter().zip(&func.params) {
            self.declare(name, ty);
        }
        let list = self.param_list(&func, &names);
        let arrow = func.result.as_ref().map(|ty| format!(" -> {}", ty.text())).unwrap_or_default();
        let head = format!("fn {}({list}){arrow} {{", func.name);
        let give_up = func.result.as_ref().map(|ty| self.plain(ty)).unwrap_or_default();
        let mut body = vec![
            Node::line("steps += 1;"),
            Node::line(format!("if fuel <= 0 || steps > {MAX_STEPS} {{ return {give_up}; }}")),
        ];
        self.current = Some(func.clone());
        self.budget = self.rng.between(2, 14);
        while self.budget > 0 {
            self.stmt(&mut body);
        }
        if let Some(ty) = &func.result {
            let value = self.expr(ty, 3);
            let text = if self.rng.chance(50) { format!("return {value};") } else { value };
            body.push(Node::or(text, self.plain(ty)));
        }
        self.current = None;
        let function = Node::block(head, body);
        self.scope = globals;
        let node = match &func.params[0] {
            Ty::Struct(n) if is_method => Node::block(format!("impl S{n} {{"), vec![function]),
            _ => function,
        };
        self.funcs.push(func);
        node
    }

    fn param_list(&self, func: &Func, names: &[String]) -> String {
        let typed = names.iter().zip(&func.params);
        let mut list: Vec<String> = typed
            .map(|(name, ty)| if name == "self" { name.clone() } else { format!("{} {name}", ty.text()) })
            .collect();
        list.push("int fuel".into());
        list.join(", ")
    }

    /// Often the type of a parameter: such functions take values apart and give parts of them back.
    fn result_type(&mut self, params: &[Ty]) -> Ty {
        if self.rng.chance(50) { self.rng.pick(params).clone() } else { self.ty(2) }
    }

    /// A statement that likely fails.
    fn fault(&mut self) -> Node {
        let ty = self.ty(2);
        let values = (self.sized(&ty, 2), self.expr(&ty, 2));
        match self.rng.below(3) {
            0 => Node::line(format!("assert({} == {}, \"differs\");", values.0, values.1)),
            1 => Node::line(format!("println([{}][steps % 3]);", values.0)),
            _ => Node::line(format!("let n{0} = [[{1}]]; n{0}[0][steps % 2] = {1};", 0, self.plain(&ty))),
        }
    }

    /// The text that ends a loop when the program has run for long.
    pub fn brake(&self) -> Node {
        Node::line(format!("steps += 1; if steps > {MAX_STEPS} {{ break; }}"))
    }
}
