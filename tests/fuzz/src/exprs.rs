//! Expressions of a wanted type. Compound ones stand in parentheses.

use crate::generate::{Func, Gen};
use crate::types::Ty;

impl Gen {
    /// The plainest value of a type.
    pub fn plain(&mut self, ty: &Ty) -> String {
        match ty {
            Ty::Int => "0".into(),
            Ty::U8 => "0u8".into(),
            Ty::I32 => "0i32".into(),
            Ty::Float => "0.5".into(),
            Ty::Bool => "false".into(),
            Ty::Char => "'c'".into(),
            Ty::Str => "\"\"".into(),
            Ty::Array(_) => "[]".into(),
            Ty::Option(_) => "None".into(),
            Ty::Result(_) => "Err(\"e\")".into(),
            _ => self.construct(ty, &mut |generator, part| generator.plain(part), 0),
        }
    }

    /// A value made of literals.
    pub fn literal(&mut self, ty: &Ty, depth: usize) -> String {
        match ty {
            Ty::Int => (self.rng.below(12) as i64 - 2).to_string(),
            Ty::U8 => format!("{}u8", self.rng.below(256)),
            Ty::I32 => format!("{}i32", self.rng.pick(&[0, 1, 7, 2_147_483_647, 65_536])),
            Ty::Float => self.rng.pick(&["0.0", "1.5", "0.1", "-2.0", "1e20"]).to_string(),
            Ty::Bool => self.rng.pick(&["true", "false"]).to_string(),
            Ty::Char => self.rng.pick(&["'a'", "'b'", "'é'", "'\\n'"]).to_string(),
            Ty::Str => {
                self.rng.pick(&["\"\"", "\"a\"", "\"xyz\"", "\"äö\"", "\"a longer text, not short\""]).to_string()
            }
            _ if depth == 0 => self.plain(ty),
            _ => self.construct(ty, &mut |generator, part| generator.literal(part, depth - 1), 3),
        }
    }

    /// A value of a compound type out of parts; arrays get up to `max_len` elements.
    fn construct(&mut self, ty: &Ty, part: &mut dyn FnMut(&mut Gen, &Ty) -> String, max_len: usize) -> String {
        match ty {
            Ty::Array(item) => {
                let items: Vec<String> = (0..self.rng.below(max_len + 1)).map(|_| part(self, item)).collect();
                format!("[{}]", items.join(", "))
            }
            Ty::Tuple(items) => {
                let items: Vec<String> = items.iter().map(|item| part(self, item)).collect();
                format!("({})", items.join(", "))
            }
            Ty::Option(item) => format!("Some({})", part(self, item)),
            Ty::Result(item) => format!("Ok({})", part(self, item)),
            Ty::Wrap(item) => {
                let value = part(self, item);
                format!("new Wrap {{ item: {value}, more: {} }}", part(self, &Ty::Array(item.clone())))
            }
            Ty::Struct(n) => {
                let fields = self.types.structs[*n].clone();
                let mut list: Vec<String> =
                    fields.iter().enumerate().map(|(n, ty)| format!("f{n}: {}", part(self, ty))).collect();
                if self.rng.chance(30) {
                    list.reverse();
                }
                format!("new S{n} {{ {} }}", list.join(", "))
            }
            Ty::Enum(id) => {
                let n = if max_len == 0 { 0 } else { self.rng.below(self.types.enums[*id].len()) };
                let variant = &self.types.enums[*id][n];
                let (name, is_named, payload) = (variant.name.clone(), variant.is_named, variant.payload.clone());
                let values: Vec<String> = payload.iter().map(|ty| part(self, ty)).collect();
                if payload.is_empty() {
                    format!("E{id}::{name}")
                } else if is_named {
                    let fields: Vec<String> =
                        values.iter().enumerate().map(|(n, value)| format!("p{n}: {value}")).collect();
                    format!("new E{id}::{name} {{ {} }}", fields.join(", "))
                } else {
                    format!("E{id}::{name}({})", values.join(", "))
                }
            }
            _ => self.literal(ty, 0),
        }
    }

    /// A value of this type.
    pub fn expr(&mut self, ty: &Ty, depth: usize) -> String {
        if depth == 0 {
            return if self.rng.chance(70) { self.read(ty) } else { self.literal(ty, 1) };
        }
        match self.rng.below(20) {
            0..=4 => self.read(ty),
            5..=7 => match self.call(ty, depth) {
                Some(call) => call,
                None => self.read(ty),
            },
            8 => self.choice(ty, depth),
            9 => self.match_value(ty, depth),
            10 => self.unpack(ty, depth),
            11 => self.element(ty, depth),
            12 => self.block_value(ty, depth),
            _ => self.by_type(ty, depth),
        }
    }

    /// What stands in a variable, or a literal.
    pub fn read(&mut self, ty: &Ty) -> String {
        let Some(place) = self.place_of(ty) else {
            return self.literal(ty, 1);
        };
        match place.condition() {
            None => place.text,
            Some(condition) => format!("(if {condition} {{ {} }} else {{ {} }})", place.text, self.plain(ty)),
        }
    }

    fn choice(&mut self, ty: &Ty, depth: usize) -> String {
        let condition = self.expr(&Ty::Bool, depth - 1);
        format!("(if {condition} {{ {} }} else {{ {} }})", self.expr(ty, depth - 1), self.expr(ty, depth - 1))
    }

    fn match_value(&mut self, ty: &Ty, depth: usize) -> String {
        let of = self.ty(2);
        let value = self.sized(&of, depth - 1);
        let before = self.scope.len();
        let mut bindings = Vec::new();
        let pattern = self.pattern(&of, 3, &mut bindings);
        for (name, ty) in &bindings {
            self.declare(name, ty);
        }
        let inside = self.expr(ty, depth - 1);
        self.scope.truncate(before);
        format!("(match {value} {{ {pattern} => {inside}, _ => {} }})", self.expr(ty, depth - 1))
    }

    fn unpack(&mut self, ty: &Ty, depth: usize) -> String {
        let option = self.expr(&Ty::Option(Box::new(ty.clone())), depth - 1);
        let other = self.expr(ty, depth - 1);
        if self.rng.chance(50) { format!("({option} ?? {other})") } else { format!("{option}.unwrap_or({other})") }
    }

    fn element(&mut self, ty: &Ty, depth: usize) -> String {
        let array = self.expr(&Ty::Array(Box::new(ty.clone())), depth - 1);
        let name = self.fresh("e");
        let index = self.index(&name);
        let (of, plain) = (ty.text(), self.plain(ty));
        format!(
            "({{ let {name}: array<{of}> = {array}; if len({name}) > 0 {{ {name}[{index}] }} else {{ {plain} }} }})"
        )
    }

    fn block_value(&mut self, ty: &Ty, depth: usize) -> String {
        let of = self.ty(1);
        let value = self.expr(&of, depth - 1);
        let name = self.fresh("t");
        let before = self.scope.len();
        self.declare(&name, &of);
        let inside = self.expr(ty, depth - 1);
        self.scope.truncate(before);
        format!("({{ let {name}: {} = {value}; {inside} }})", of.text())
    }

    fn call(&mut self, ty: &Ty, depth: usize) -> Option<String> {
        let all = self.funcs.iter().chain(&self.current);
        let fitting: Vec<Func> = all.filter(|func| func.result.as_ref() == Some(ty)).cloned().collect();
        if fitting.is_empty() {
            return None;
        }
        let func = self.rng.pick(&fitting).clone();
        Some(self.call_text(&func, depth))
    }

    /// A call of the function.
    pub fn call_text(&mut self, func: &Func, depth: usize) -> String {
        let mut args: Vec<String> = func.params.iter().map(|ty| self.expr(ty, depth.saturating_sub(1))).collect();
        args.push(if self.current.is_some() { "fuel - 1".into() } else { "3".into() });
        if func.is_method {
            let receiver = args.remove(0);
            return format!("({receiver}).{}({})", func.name, args.join(", "));
        }
        format!("{}({})", func.name, args.join(", "))
    }

    fn by_type(&mut self, ty: &Ty, depth: usize) -> String {
        let d = depth - 1;
        match ty {
            Ty::Int => self.int(d),
            Ty::U8 if self.rng.chance(20) => format!("({} as u8)", self.expr(&Ty::Int, d)),
            Ty::U8 | Ty::I32 => {
                let op = *self.rng.pick(&["+", "-", "*", "^"]);
                format!("({} {op} {})", self.expr(ty, d), self.expr(ty, d))
            }
            Ty::Float => {
                let op = *self.rng.pick(&["+", "-", "*", "/"]);
                format!("({} {op} {})", self.expr(ty, d), self.expr(ty, d))
            }
            Ty::Bool => self.bool(d),
            Ty::Str => self.string(d),
            Ty::Array(item) => self.array(ty, item, d),
            Ty::Struct(n) if self.rng.chance(40) => {
                let field = self.rng.below(self.types.structs[*n].len());
                let of = self.types.structs[*n][field].clone();
                let value = self.expr(&of, d);
                format!("new S{n} {{ f{field}: {value}, ..{} }}", self.expr(ty, d))
            }
            _ => self.construct(ty, &mut |generator, part| generator.expr(part, d), 3),
        }
    }

    fn int(&mut self, d: usize) -> String {
        match self.rng.below(6) {
            0 => {
                let of = if self.rng.chance(50) { Ty::Str } else { Ty::Array(Box::new(self.ty(1))) };
                format!("len({})", self.sized(&of, d))
            }
            1 => format!("({} as int)", self.expr(&Ty::U8, d)),
            2 => format!("({} % 7)", self.expr(&Ty::Int, d)),
            _ => {
                let op = *self.rng.pick(&["+", "-", "*", "&", "|"]);
                format!("({} {op} {})", self.expr(&Ty::Int, d), self.expr(&Ty::Int, d))
            }
        }
    }

    /// An expression whose type is known without expectation.
    pub fn sized(&mut self, ty: &Ty, d: usize) -> String {
        let name = self.fresh("n");
        format!("({{ let {name}: {} = {}; {name} }})", ty.text(), self.expr(ty, d))
    }

    fn bool(&mut self, d: usize) -> String {
        match self.rng.below(5) {
            0 => format!("!{}", self.expr(&Ty::Bool, d)),
            1 => {
                let op = *self.rng.pick(&["&&", "||"]);
                format!("({} {op} {})", self.expr(&Ty::Bool, d), self.expr(&Ty::Bool, d))
            }
            2 => {
                let of = self.rng.pick(&[Ty::Int, Ty::Str, Ty::Char, Ty::U8, Ty::Float]).clone();
                let op = *self.rng.pick(&["<", "<=", ">", ">="]);
                format!("({} {op} {})", self.expr(&of, d), self.expr(&of, d))
            }
            _ => {
                let of = self.ty(2);
                let op = *self.rng.pick(&["==", "!="]);
                format!("({} {op} {})", self.sized(&of, d), self.expr(&of, d))
            }
        }
    }

    fn string(&mut self, d: usize) -> String {
        match self.rng.below(6) {
            0 => {
                let of = self.rng.pick(&[Ty::Int, Ty::Char, Ty::Bool, Ty::Float, Ty::U8]).clone();
                format!("({} + {})", self.expr(&Ty::Str, d), self.expr(&of, d))
            }
            1 if !self.scope.is_empty() => {
                let name = self.rng.pick(&self.scope).name.clone();
                format!("\"<{{{name}}}>\"")
            }
            2 => format!("{}[{}..]", self.expr(&Ty::Str, d), self.rng.pick(&["0", "-1", "-2"])),
            3 => format!("{}[..{}]", self.expr(&Ty::Str, d), self.rng.pick(&["1", "3", "-1"])),
            4 => format!("({} * 2)", self.expr(&Ty::Str, d)),
            _ => format!("({} + {})", self.expr(&Ty::Str, d), self.expr(&Ty::Str, d)),
        }
    }

    fn array(&mut self, ty: &Ty, item: &Ty, d: usize) -> String {
        match self.rng.below(9) {
            0 | 1 => format!("push({}, {})", self.expr(ty, d), self.expr(item, d)),
            2 => format!("({} + {})", self.sized(ty, d), self.expr(ty, d)),
            3 => format!("{}[{}..]", self.sized(ty, d), self.rng.pick(&["0", "-1", "-2"])),
            4 => format!("{}[..{}]", self.sized(ty, d), self.rng.pick(&["1", "2", "-1"])),
            5 => format!("array_repeat({}, {})", self.expr(item, d), self.rng.below(4)),
            6 => {
                let of = self.ty(1);
                let source = self.sized(&Ty::Array(Box::new(of.clone())), d);
                let name = self.fresh("c");
                let before = self.scope.len();
                self.declare(&name, &of);
                let value = self.expr(item, d);
                let filter = if self.rng.chance(40) { format!(" if {}", self.expr(&Ty::Bool, d)) } else { "".into() };
                self.scope.truncate(before);
                format!("[{value} for {name} in {source}{filter}]")
            }
            7 => {
                let name = self.fresh("p");
                format!(
                    "({{ let {name}: {} = {}; if len({name}) > 0 {{ pop({name}) }} else {{ {name} }} }})",
                    ty.text(),
                    self.expr(ty, d)
                )
            }
            _ => self.construct(ty, &mut |generator, part| generator.expr(part, d), 3),
        }
    }
}
